package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.recording.OwnFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps two runs of one test from writing to its folder at the same time, in this process or in two: forks of Surefire run
 * one test each where two classes stand for the same programs. A process that dies holds no lock.
 */
final class FolderLock implements AutoCloseable {
    static final String FILE = ".lock";
    private static final long WAIT_MILLIS = 20;

    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Waits until nobody else is writing there.
     *
     * @param folder exists
     */
    static FolderLock of(Path folder) throws IOException {
        FileChannel channel = OwnFile.open(folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            while (!locked(channel)) {
                Thread.sleep(WAIT_MILLIS);
            }
            return new FolderLock(channel);
        } catch (InterruptedException e) {
            channel.close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while another run of the test was going on");
        }
    }

    private static boolean locked(FileChannel channel) {
        try {
            // It lasts until the channel is closed.
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            // File systems without locks go without.
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
