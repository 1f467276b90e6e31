package dev.tapedeck.harness.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * Says that a log is being written. It is a lock of the operating system, which a killed process gives up, on a file of its
 * own beside the log, which goes when the log is complete.
 */
final class WriterLock implements AutoCloseable {
    static final String FILE = "writing.lock";

    /** Of this process: probing a lock from inside the process that holds it could release it. */
    private static final Set<Path> HELD = new HashSet<>();

    private final Path file;
    private final FileChannel channel;

    /**
     * @param directory exists and holds no log
     * @throws FileAlreadyExistsException if another writer was faster
     */
    WriterLock(Path directory) throws IOException {
        file = directory.toRealPath().resolve(FILE);
        synchronized (HELD) {
            channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            HELD.add(file);
            try {
                // Held until the channel is closed. Waits only while another process probes it.
                channel.lock();
            } catch (IOException e) {
                // File systems without locks go without: readers take a log that is being written for one that was cut.
            }
        }
    }

    /** Whether the log in {@code directory} is being written now. */
    static boolean isHeld(Path directory) {
        synchronized (HELD) {
            try {
                Path file = directory.toRealPath().resolve(FILE);
                if (HELD.contains(file)) {
                    return true;
                }
                if (!Files.isRegularFile(file)) {
                    return false;
                }
                // Shared, so that the right to read is enough, and those who probe do not take each other for writers.
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                        FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
                    return lock == null;
                }
            } catch (IOException e) {
                return false;
            }
        }
    }

    @Override
    public void close() {
        synchronized (HELD) {
            try (channel) {
                // First the file: whoever looks in between finds a complete log.
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // It stays behind without a lock, which says nothing.
            } finally {
                HELD.remove(file);
            }
        }
    }
}
