package dev.tapedeck.harness.log;

import dev.tapedeck.harness.files.FileProblem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.core.io.BackgroundResourceReleaser;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;

/**
 * Excerpts in a Chronicle Queue: a directory with one file, which Chronicle's own tools read too.
 *
 * <p>Chronicle writes; reading is done by {@link QueueFile}. The format of the file is simple and stable, while Chronicle's
 * reader stalls for half a minute on an empty file, throws {@code InternalError} on a truncated one, reads a missing
 * directory as an empty queue, and builds objects from class names that it finds in the file. A recording may come from
 * anywhere, so none of that will do.
 */
public final class ChronicleLog {
    /** With a clock that stands at 0 and daily files, this is the only file there ever is. */
    static final String DATA_FILE = "19700101F.cq4";

    static final String METADATA_FILE = "metadata.cq4t";

    /** Chronicle's default of 64 MiB makes an 80 MB file, which is sparse only where the file system can do that. */
    private static final int BLOCK_BYTES = 1 << 20;

    /**
     * Room that has to be free beyond an excerpt: Chronicle writes into mapped memory, where a full disk is not an error
     * but a fault of the process.
     */
    private static final long FREE_BYTES_MIN = 4L << 20;

    private ChronicleLog() {}

    /** Whether {@code directory} looks like one that {@link #create} has made. */
    public static boolean isLog(Path directory) {
        return Files.isRegularFile(directory.resolve(DATA_FILE));
    }

    /**
     * Makes a log to write to.
     *
     * @param directory is created; has to be missing or empty
     * @throws IOException if that is not possible; the message is a sentence
     */
    public static ExcerptLog create(Path directory) throws IOException {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new IOException(directory + " is a file; a recording needs a directory of its own");
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new IOException("cannot create the directory " + directory + ": " + FileProblem.words(e), e);
        }
        if (WriterLock.isHeld(directory)) {
            throw new IOException(directory + " is being written by another recorder; name another directory");
        }
        try (Stream<Path> entries = Files.list(directory)) {
            if (entries.findAny().isPresent()) {
                throw new IOException(directory
                        + " is not empty; name a directory that is missing or empty, or delete this one first");
            }
        }
        if (!Files.isWritable(directory)) {
            throw new IOException("cannot write to the directory " + directory + ": permission denied");
        }
        Writer.checkSpace(directory, 0);
        ModuleOpener.open();
        Silence.keep();
        WriterLock lock;
        try {
            lock = new WriterLock(directory);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(directory + " is being written by another recorder; name another directory", e);
        } catch (IOException e) {
            throw new IOException("cannot create a recording in " + directory + ": " + FileProblem.words(e), e);
        }
        try {
            return new Writer(directory, lock);
        } catch (RuntimeException | Error e) {
            lock.close();
            throw failure("cannot create a recording in " + directory, e);
        }
    }

    /**
     * Opens what {@link #create} has written, complete or not.
     *
     * @throws IOException if there is no log or its file is not one; the message is a sentence
     */
    public static ExcerptLog openForReading(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            throw new IOException(
                    Files.notExists(directory)
                            ? "there is no recording " + directory
                            : "cannot read " + directory + ": " + hidden(directory));
        }
        if (!Files.isDirectory(directory)) {
            throw new IOException(directory + " is a file, not the directory of a recording");
        }
        Path file = directory.resolve(DATA_FILE);
        // Before the file is read: what ends in between is taken for live, and never for cut.
        boolean live = WriterLock.isHeld(directory);
        if (!Files.isRegularFile(file)) {
            throw new IOException(withoutData(directory, live));
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (IOException e) {
            throw new IOException("cannot read " + file + ": " + FileProblem.words(e), e);
        }
        try {
            return new Reader(file, channel, QueueFile.scan(channel), live);
        } catch (IOException e) {
            channel.close();
            throw new IOException(file + " " + e.getMessage() + "; it is not a recording, or it was damaged", e);
        }
    }

    /** Why it cannot even be said whether something is there: links in a circle, a name that is too long, no permission. */
    private static String hidden(Path directory) {
        try {
            Files.readAttributes(directory, BasicFileAttributes.class);
            return "permission denied";
        } catch (IOException e) {
            return FileProblem.words(e);
        }
    }

    private static String withoutData(Path directory, boolean live) {
        if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
            return "cannot read " + directory + ": permission denied";
        }
        if (live) {
            return directory + " is a recording of which nothing has been written yet";
        }
        return Files.exists(directory.resolve(WriterLock.FILE))
                ? directory + " is not a recording: its recorder was stopped before it had written anything"
                : directory + " is not a recording: it has no file " + DATA_FILE;
    }

    private static IOException failure(String what, Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        // What the JVM makes of a write to mapped memory that has no disk behind it.
        String why = root instanceof InternalError
                ? "the disk is full, or the file was cut by someone else"
                : FileProblem.words(root);
        return new IOException(what + ": " + why, cause);
    }

    private static final class Writer implements ExcerptLog {
        private final Path directory;
        private final Path file;
        private final WriterLock lock;
        private final ChronicleQueue queue;
        private final ExcerptAppender appender;
        private long size;
        private long fileBytes;
        private boolean closed;
        private boolean failed;

        Writer(Path directory, WriterLock lock) {
            this.directory = directory;
            this.file = directory.resolve(DATA_FILE);
            this.lock = lock;
            // The clock stands still so that the same excerpts give the same file, and no file begins at midnight.
            queue = SingleChronicleQueueBuilder.binary(directory)
                    .blockSize(BLOCK_BYTES)
                    .rollCycle(RollCycles.FAST_DAILY)
                    .timeProvider(() -> 0L)
                    .build();
            appender = queue.createAppender();
            // Another thread may append than the one that closes; there is one at a time, see ExcerptLog.
            appender.singleThreadedCheckDisabled(true);
        }

        static void checkSpace(Path directory, int length) throws IOException {
            // Not by way of Files.getFileStore, which on Linux reads the list of all mounts first.
            long free = directory.toFile().getUsableSpace();
            if (free < length + FREE_BYTES_MIN) {
                if (!Files.isDirectory(directory)) {
                    throw new IOException("the directory " + directory + " of the recording is gone");
                }
                throw new IOException("the disk is full: " + free + " bytes are left for " + directory + ", "
                        + (length + FREE_BYTES_MIN) + " are needed; make room, or record to another disk");
            }
        }

        /**
         * Writing to mapped memory whose file is gone is no error, and where the file was cut it ends the process. What
         * happens after this look is not seen, but excerpts are rare.
         */
        private void checkFile() throws IOException {
            if (size == 0) {
                return; // Chronicle makes the file when it is first written to.
            }
            long bytes;
            try {
                bytes = Files.size(file);
            } catch (NoSuchFileException e) {
                throw new IOException("the file " + file + " of the recording is gone", e);
            }
            if (bytes < fileBytes) {
                throw new IOException("cannot write to the recording " + directory + ": its file " + file
                        + " was cut by someone else, from " + fileBytes + " bytes to " + bytes);
            }
            fileBytes = bytes;
        }

        @Override
        public void append(byte[] excerpt) throws IOException {
            if (excerpt.length == 0 || excerpt.length > EXCERPT_BYTES_MAX) {
                throw new IllegalArgumentException(
                        "an excerpt of " + excerpt.length + " bytes, expected 1 to " + EXCERPT_BYTES_MAX);
            }
            if (closed || failed) {
                throw new IOException("the recording " + directory + " is closed");
            }
            try {
                checkSpace(directory, excerpt.length);
                checkFile();
                appender.writeBytes(BytesStore.wrap(excerpt));
                size++;
            } catch (IOException e) {
                failed = true;
                throw e;
            } catch (RuntimeException | Error e) {
                failed = true;
                throw failure("cannot write to the recording " + directory, e);
            }
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public byte[] read(long index) throws IOException {
            throw new IOException("the recording " + directory + " is being written");
        }

        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            try {
                appender.close();
                queue.close();
                if (Releaser.RUNS) {
                    // Unmapping and closing are still to come; deleting before that fails on Windows.
                    BackgroundResourceReleaser.releasePendingResources();
                }
                trim();
            } catch (RuntimeException | Error e) {
                // Everything appended is on disk already. What is left undone is giving back room.
            } catch (IOException e) {
                // The same.
            } finally {
                lock.close();
            }
        }

        /** Cuts off the unused rest of the last block and Chronicle's table of listeners, which reading does not need. */
        private void trim() throws IOException {
            Files.deleteIfExists(directory.resolve(METADATA_FILE));
            try (FileChannel channel =
                    FileChannel.open(directory.resolve(DATA_FILE), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                long end = QueueFile.scan(channel).end() + 3 & ~3L;
                // Four zero bytes are the end as Chronicle's own reader expects it.
                channel.truncate(end + 4);
            }
        }
    }

    /** Whether Chronicle releases resources in a thread of its own: not if it is us who make it start, see Silence. */
    private static final class Releaser {
        static final boolean RUNS = runs();

        private static boolean runs() {
            ThreadGroup group = Thread.currentThread().getThreadGroup();
            while (group.getParent() != null) {
                group = group.getParent();
            }
            // Threads may start while they are listed; this one has been there since Chronicle was loaded.
            Thread[] threads = new Thread[group.activeCount() * 2 + 16];
            int count = group.enumerate(threads);
            for (int i = 0; i < count; i++) {
                if (threads[i].getName().equals(BackgroundResourceReleaser.BACKGROUND_RESOURCE_RELEASER)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static final class Reader implements ExcerptLog {
        private final Path file;
        private final FileChannel channel;
        private final QueueFile.Index index;
        private final boolean live;

        Reader(Path file, FileChannel channel, QueueFile.Index index, boolean live) {
            this.file = file;
            this.channel = channel;
            this.index = index;
            this.live = live;
        }

        @Override
        public boolean live() {
            return live;
        }

        @Override
        public void append(byte[] excerpt) throws IOException {
            throw new IOException("the recording " + file + " is open for reading only");
        }

        @Override
        public long size() {
            return index.count();
        }

        @Override
        public byte[] read(long excerpt) throws IOException {
            int i = Math.toIntExact(excerpt);
            if (i < 0 || i >= index.count()) {
                throw new IllegalArgumentException("excerpt " + excerpt + " of " + index.count());
            }
            try {
                return QueueFile.read(channel, index.position(i), index.length(i));
            } catch (IOException e) {
                throw new IOException("cannot read " + file + ": " + FileProblem.words(e), e);
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
