package dev.tapedeck.harness.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Says that a log is being written. It is a lock of the operating system, which a killed process gives up, on a file of its
 * own beside the log, which goes when the log is complete.
 */
final class WriterLock implements AutoCloseable {
    static final String FILE = "writing.lock";

    /** Of this process: probing a lock from inside the process that holds it could release it. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    /**
     * @param directory exists and holds no log
     * @throws FileAlreadyExistsException if another writer was faster
     */
    WriterLock(Path directory) throws IOException {
        file = directory.toRealPath().resolve(FILE);
        channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        HELD.add(file);
        try {
            // Held until the channel is closed. Waits only while someone probes it.
            channel.lock();
        } catch (IOException e) {
            // File systems without locks go without: readers take a log that is being written for one that was cut.
        }
    }

    /** Whether the log in {@code directory} is being written now. */
    static boolean isHeld(Path directory) {
        try {
            Path file = directory.toRealPath().resolve(FILE);
            if (HELD.contains(file)) {
                return true;
            }
            if (!Files.exists(file)) {
                return false;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock()) {
                return lock == null;
            }
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            // First the file: whoever looks in between finds a complete log.
            Files.deleteIfExists(file);
            channel.close();
        } catch (IOException e) {
            // It stays behind without a lock, which says nothing.
        } finally {
            HELD.remove(file);
        }
    }
}
