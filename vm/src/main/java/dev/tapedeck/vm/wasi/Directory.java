package dev.tapedeck.vm.wasi;

import java.util.OptionalLong;

/**
 * An open directory, virtual or real. Names are single ones: neither empty, nor {@code .} or {@code ..}, nor with a slash;
 * {@link PathWalk} makes them from paths. No method follows a link.
 */
interface Directory {
    Filestat stat() throws ErrnoException;

    Filestat stat(String name) throws ErrnoException;

    /** Opens a directory. */
    Directory directory(String name) throws ErrnoException;

    /** The same directory once more, to be closed by itself. */
    Directory again() throws ErrnoException;

    /** Opens a regular file. */
    OpenFile file(String name, Access access) throws ErrnoException;

    String readLink(String name) throws ErrnoException;

    void createDirectory(String name) throws ErrnoException;

    void symlink(String target, String name) throws ErrnoException;

    /** Gives a file one more name; {@code to} is of the same tree. */
    void link(String name, Directory to, String newName) throws ErrnoException;

    /** {@code to} is of the same tree. */
    void rename(String name, Directory to, String newName) throws ErrnoException;

    void unlink(String name) throws ErrnoException;

    void removeDirectory(String name) throws ErrnoException;

    void setTimes(Times times) throws ErrnoException;

    void setTimes(String name, Times times) throws ErrnoException;

    /** Lists entries from a cookie on; 0 is the beginning, where {@code .} and {@code ..} are. */
    void list(long cookie, Listing listing) throws ErrnoException;

    void sync() throws ErrnoException;

    void close();

    /** The tree it belongs to: 0 is the virtual one, the others are real directories in their order. */
    int tree();

    boolean writable();

    /** How to open a file. At least one of {@code read} and {@code write}. */
    record Access(boolean read, boolean write, boolean create, boolean exclusive, boolean truncate) {}

    /** Times to set, nanoseconds since 1970; empty ones stay as they are. */
    record Times(OptionalLong accessed, OptionalLong modified) {}

    /** Takes entries of a directory. */
    interface Listing {
        /**
         * @param next cookie of the entry behind this one
         * @return whether there is room for more
         */
        boolean entry(long next, long inode, FileType type, String name);
    }
}
