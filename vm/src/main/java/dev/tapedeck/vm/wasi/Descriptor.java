package dev.tapedeck.vm.wasi;

import org.jspecify.annotations.Nullable;

/** What a number of the program's stands for: a stream, a file or a directory. */
abstract sealed class Descriptor permits Descriptor.Stream, Descriptor.File, Descriptor.Dir {
    static final int APPEND = 1;
    static final int NONBLOCK = 4;

    /** All flags of the standard. */
    static final int FLAGS = 0x1F;

    long rights;
    long inheriting;
    int flags;

    Descriptor(long rights, long inheriting, int flags) {
        this.rights = rights;
        this.inheriting = inheriting;
        this.flags = flags;
    }

    abstract FileType type();

    abstract void close();

    final void need(long right) throws ErrnoException {
        if ((rights & right) != right) {
            throw new ErrnoException(Errno.NOTCAPABLE);
        }
    }

    /** Standard input, output or error. */
    static final class Stream extends Descriptor {
        /** 0, 1 or 2. */
        final int number;

        private final FileType type;

        Stream(int number, boolean terminal) {
            super(number == 0 ? Rights.INPUT : Rights.OUTPUT, 0, 0);
            this.number = number;
            this.type = terminal ? FileType.CHARACTER_DEVICE : FileType.UNKNOWN;
        }

        @Override
        FileType type() {
            return type;
        }

        @Override
        void close() {}
    }

    /** A regular file. */
    static final class File extends Descriptor {
        final OpenFile file;
        long position;

        File(OpenFile file, long rights, long inheriting, int flags) {
            super(rights, inheriting, flags);
            this.file = file;
        }

        @Override
        FileType type() {
            return FileType.REGULAR_FILE;
        }

        @Override
        void close() {
            file.close();
        }
    }

    /** A directory. */
    static final class Dir extends Descriptor {
        final Directory directory;

        /** Its path for the program if it was open from the beginning, else null. */
        final @Nullable String preopened;

        Dir(Directory directory, @Nullable String preopened, long rights, long inheriting, int flags) {
            super(rights, inheriting, flags);
            this.directory = directory;
            this.preopened = preopened;
        }

        @Override
        FileType type() {
            return FileType.DIRECTORY;
        }

        @Override
        void close() {
            directory.close();
        }
    }
}
