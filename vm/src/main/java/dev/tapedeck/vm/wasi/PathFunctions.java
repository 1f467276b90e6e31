package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.wasi.Directory.Access;
import dev.tapedeck.vm.wasi.Directory.Times;

/** The functions on paths: {@code path_*}. */
final class PathFunctions {
    private static final int FOLLOW = 1;
    private static final int CREATE = 1;
    private static final int DIRECTORY = 2;
    private static final int EXCLUSIVE = 4;
    private static final int TRUNCATE = 8;

    private PathFunctions() {}

    /** To a file that is meant itself, and need not exist. */
    private static PathWalk entry(Descriptor.Dir directory, String path) throws ErrnoException {
        return PathWalk.to(directory.directory, path, false);
    }

    /** To a file that is there; a link at the end is followed if the flags say so, and before a slash. */
    private static PathWalk existing(Descriptor.Dir directory, String path, int flags) throws ErrnoException {
        return PathWalk.to(directory.directory, path, flags == FOLLOW || path.endsWith("/"));
    }

    private static void checkWritable(Descriptor.Dir directory) throws ErrnoException {
        if (!directory.directory.writable()) {
            throw new ErrnoException(Errno.ROFS);
        }
    }

    static void createDirectory(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.PATH_CREATE_DIRECTORY);
        try (PathWalk walk = entry(directory, guest.path(1))) {
            if (walk.stat() != null) {
                throw new ErrnoException(Errno.EXIST);
            }
            checkWritable(directory);
            walk.directory().createDirectory(walk.name());
        }
    }

    static void filestat(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.PATH_FILESTAT_GET);
        int flags = guest.flags(1, FOLLOW);
        guest.check(guest.u32(4), 64);
        try (PathWalk walk = existing(directory, guest.path(2), flags)) {
            guest.writeStat(guest.u32(4), walk.existing());
        }
    }

    static void setTimes(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.PATH_FILESTAT_SET_TIMES);
        int flags = guest.flags(1, FOLLOW);
        Times times = DescriptorFunctions.times(state, guest, 4);
        try (PathWalk walk = existing(directory, guest.path(2), flags)) {
            walk.existing();
            checkWritable(directory);
            if (walk.name().isEmpty()) {
                walk.directory().setTimes(times);
            } else {
                walk.directory().setTimes(walk.name(), times);
            }
        }
    }

    static void link(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir from = state.descriptors.directory(guest.u32(0));
        from.need(Rights.PATH_LINK_SOURCE);
        int flags = guest.flags(1, FOLLOW);
        Descriptor.Dir to = state.descriptors.directory(guest.u32(4));
        to.need(Rights.PATH_LINK_TARGET);
        String path = guest.path(2);
        String newPath = guest.path(5);
        try (PathWalk old = existing(from, path, flags);
                PathWalk made = entry(to, newPath)) {
            if (old.existing().type() == FileType.DIRECTORY) {
                throw new ErrnoException(Errno.PERM);
            }
            checkNew(made);
            checkWritable(to);
            checkSameTree(from, to);
            old.directory().link(old.name(), made.directory(), made.name());
        }
    }

    /** Something that is no directory is to be made there. */
    private static void checkNew(PathWalk made) throws ErrnoException {
        if (made.stat() != null) {
            throw new ErrnoException(Errno.EXIST);
        }
        if (made.directoryMeant()) {
            throw new ErrnoException(Errno.NOENT);
        }
    }

    private static void checkSameTree(Descriptor.Dir from, Descriptor.Dir to) throws ErrnoException {
        if (from.directory.tree() != to.directory.tree()) {
            throw new ErrnoException(Errno.XDEV);
        }
    }

    static void open(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.PATH_OPEN);
        int lookup = guest.flags(1, FOLLOW);
        int oflags = guest.flags(4, CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE);
        long rights = guest.i64(5) & Rights.ALL;
        long inheriting = guest.i64(6) & Rights.ALL;
        int flags = guest.flags(7, Descriptor.FLAGS);
        guest.check(guest.u32(8), 4);
        if (((rights | inheriting) & ~directory.inheriting) != 0) {
            throw new ErrnoException(Errno.NOTCAPABLE);
        }
        boolean create = (oflags & CREATE) != 0;
        if (create && (oflags & DIRECTORY) != 0) {
            throw new ErrnoException(Errno.INVAL);
        }
        if (create) {
            directory.need(Rights.PATH_CREATE_FILE);
        }
        if ((oflags & TRUNCATE) != 0) {
            directory.need(Rights.PATH_FILESTAT_SET_SIZE);
        }
        String path = guest.path(2);
        int number = state.descriptors.free();
        boolean exclusive = create && (oflags & EXCLUSIVE) != 0;
        try (PathWalk walk = exclusive ? entry(directory, path) : existing(directory, path, lookup)) {
            state.descriptors.put(number, open(walk, oflags, rights, inheriting, flags));
        }
        guest.write32(guest.u32(8), number);
    }

    private static Descriptor open(PathWalk walk, int oflags, long rights, long inheriting, int flags)
            throws ErrnoException {
        boolean create = (oflags & CREATE) != 0;
        boolean truncate = (oflags & TRUNCATE) != 0;
        boolean write = (rights & Rights.FD_WRITE) != 0;
        Filestat stat = walk.stat();
        if (stat == null && create) {
            if (walk.directoryMeant()) {
                throw new ErrnoException(Errno.ISDIR);
            }
        } else if (create && (oflags & EXCLUSIVE) != 0) {
            throw new ErrnoException(Errno.EXIST);
        } else if (walk.existing().type() == FileType.SYMBOLIC_LINK) {
            throw new ErrnoException(Errno.LOOP);
        } else if (walk.existing().type() == FileType.DIRECTORY) {
            if (create || truncate || write) {
                throw new ErrnoException(Errno.ISDIR);
            }
            Directory opened = walk.name().isEmpty()
                    ? walk.directory().again()
                    : walk.directory().directory(walk.name());
            return new Descriptor.Dir(opened, null, rights & Rights.DIRECTORY, inheriting, flags);
        } else if ((oflags & DIRECTORY) != 0) {
            throw new ErrnoException(Errno.NOTDIR);
        }
        long possible = Rights.FILE;
        if (!walk.directory().writable()) {
            if (write || truncate || stat == null) {
                throw new ErrnoException(Errno.ROFS);
            }
            possible &= ~(Rights.FD_ALLOCATE | Rights.FD_FILESTAT_SET_SIZE | Rights.FD_FILESTAT_SET_TIMES);
        }
        boolean read = (rights & Rights.FD_READ) != 0 || !write;
        OpenFile file = walk.directory()
                .file(walk.name(), new Access(read, write, create, (oflags & EXCLUSIVE) != 0, truncate));
        return new Descriptor.File(file, rights & possible, inheriting, flags);
    }

    static void readLink(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.PATH_READLINK);
        long capacity = guest.u32(4);
        guest.check(guest.u32(3), capacity);
        guest.check(guest.u32(5), 4);
        try (PathWalk walk = entry(directory, guest.path(1))) {
            if (walk.existing().type() != FileType.SYMBOLIC_LINK) {
                throw new ErrnoException(Errno.INVAL);
            }
            byte[] target = Guest.utf8(walk.directory().readLink(walk.name()));
            int length = (int) Math.min(capacity, target.length);
            guest.write(guest.u32(3), java.util.Arrays.copyOf(target, length));
            guest.write32(guest.u32(5), length);
        }
    }

    static void removeDirectory(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.PATH_REMOVE_DIRECTORY);
        try (PathWalk walk = entry(directory, guest.path(1))) {
            if (walk.existing().type() != FileType.DIRECTORY) {
                throw new ErrnoException(Errno.NOTDIR);
            }
            if (walk.name().isEmpty()) {
                throw new ErrnoException(Errno.INVAL);
            }
            checkWritable(directory);
            walk.directory().removeDirectory(walk.name());
        }
    }

    static void rename(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir from = state.descriptors.directory(guest.u32(0));
        from.need(Rights.PATH_RENAME_SOURCE);
        Descriptor.Dir to = state.descriptors.directory(guest.u32(3));
        to.need(Rights.PATH_RENAME_TARGET);
        String path = guest.path(1);
        String newPath = guest.path(4);
        try (PathWalk old = entry(from, path);
                PathWalk made = entry(to, newPath)) {
            Filestat stat = old.existing();
            if (old.name().isEmpty() || made.name().isEmpty()) {
                throw new ErrnoException(Errno.BUSY);
            }
            if (made.directoryMeant() && stat.type() != FileType.DIRECTORY) {
                throw new ErrnoException(Errno.NOTDIR);
            }
            checkWritable(from);
            checkWritable(to);
            checkSameTree(from, to);
            old.directory().rename(old.name(), made.directory(), made.name());
        }
    }

    static void symlink(WasiState state, Guest guest) throws ErrnoException {
        String target = guest.path(0);
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(2));
        directory.need(Rights.PATH_SYMLINK);
        if (target.isEmpty()) {
            throw new ErrnoException(Errno.NOENT);
        }
        // Nobody may follow it here, and outside it could lead others astray.
        if (target.startsWith("/")) {
            throw new ErrnoException(Errno.NOTCAPABLE);
        }
        try (PathWalk walk = entry(directory, guest.path(3))) {
            checkNew(walk);
            checkWritable(directory);
            walk.directory().symlink(target, walk.name());
        }
    }

    static void unlink(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.PATH_UNLINK_FILE);
        try (PathWalk walk = entry(directory, guest.path(1))) {
            if (walk.existing().type() == FileType.DIRECTORY) {
                throw new ErrnoException(Errno.ISDIR);
            }
            checkWritable(directory);
            walk.directory().unlink(walk.name());
        }
    }
}
