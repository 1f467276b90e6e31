package dev.tapedeck.vm.wasi;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.util.List;

/**
 * A real directory that the user lets the program use, and what is below it.
 *
 * <p>The path to it is the user's and trusted; nothing below it is. So below it files are only ever reached by single names
 * in directories that are open, without following links ({@code openat} and its like). What Java has no such call for is
 * made under a name that nobody knows in the directory itself, and moved to its place with {@code renameat}.
 */
final class RealTree {
    private final int index;
    private final Path root;
    private final boolean writable;
    private long unique;

    private RealTree(int index, Path root, boolean writable) {
        this.index = index;
        this.root = root;
        this.writable = writable;
    }

    /**
     * @param index from 1
     * @param path the directory; a link to one is followed, now and once
     * @throws IllegalArgumentException if it is not a directory that can be opened safely; the message says why
     */
    static RealTree open(int index, Path path, boolean writable) {
        try {
            Path root = path.toRealPath();
            if (!Files.isDirectory(root)) {
                throw new IllegalArgumentException(path + " is not a directory");
            }
            RealTree tree = new RealTree(index, root, writable);
            tree.stream().close();
            return tree;
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot open the directory " + path + ": " + RealDirectory.errno(e), e);
        }
    }

    // The stream is closed by the directory that it is for.
    @SuppressWarnings("StreamResourceLeak")
    private SecureDirectoryStream<Path> stream() throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(root);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        stream.close();
        throw new IllegalArgumentException("this system has no way to open files in " + root
                + " so that links cannot lead out of it; leave the directory out");
    }

    RealDirectory directory() throws ErrnoException {
        try {
            return new RealDirectory(this, stream(), List.of());
        } catch (IOException e) {
            throw RealDirectory.error(e);
        }
    }

    int index() {
        return index;
    }

    Path root() {
        return root;
    }

    boolean writable() {
        return writable;
    }

    /** A name in the directory itself that is not taken. */
    Path unusedName() {
        return root.resolve(".tapedeck-" + ProcessHandle.current().pid() + "-" + System.nanoTime() + "-" + unique++);
    }

    /** A name as the system wants it. */
    static Path path(String name) throws ErrnoException {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new ErrnoException(Errno.ILSEQ);
        }
    }
}
