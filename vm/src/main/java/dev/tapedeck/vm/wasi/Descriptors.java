package dev.tapedeck.vm.wasi;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The open descriptors. A new one gets the lowest number that is free. */
final class Descriptors {
    static final int COUNT_MAX = 4096;

    private final @Nullable Descriptor[] open = new Descriptor[COUNT_MAX];

    Descriptor get(long number) throws ErrnoException {
        Descriptor descriptor = number < COUNT_MAX ? open[(int) number] : null;
        if (descriptor == null) {
            throw new ErrnoException(Errno.BADF);
        }
        return descriptor;
    }

    Descriptor.Dir directory(long number) throws ErrnoException {
        if (get(number) instanceof Descriptor.Dir directory) {
            return directory;
        }
        throw new ErrnoException(Errno.NOTDIR);
    }

    /** A regular file; what else it could be has its own error. */
    Descriptor.File file(long number, Errno directory, Errno stream) throws ErrnoException {
        Descriptor descriptor = get(number);
        if (descriptor instanceof Descriptor.File file) {
            return file;
        }
        throw new ErrnoException(descriptor instanceof Descriptor.Dir ? directory : stream);
    }

    /** The number that the next one would get. */
    int free() throws ErrnoException {
        for (int i = 0; i < COUNT_MAX; i++) {
            if (open[i] == null) {
                return i;
            }
        }
        throw new ErrnoException(Errno.MFILE);
    }

    void put(int number, Descriptor descriptor) {
        open[number] = descriptor;
    }

    void close(long number) throws ErrnoException {
        Descriptor descriptor = get(number);
        open[(int) number] = null;
        descriptor.close();
    }

    void renumber(long from, long to) throws ErrnoException {
        Descriptor moved = get(from);
        Descriptor replaced = get(to);
        if (from != to) {
            open[(int) to] = moved;
            open[(int) from] = null;
            replaced.close();
        }
    }

    SortedMap<Integer, Descriptor> all() {
        SortedMap<Integer, Descriptor> all = new TreeMap<>();
        for (int i = 0; i < COUNT_MAX; i++) {
            Descriptor descriptor = open[i];
            if (descriptor != null) {
                all.put(i, descriptor);
            }
        }
        return all;
    }

    void closeAll() {
        all().forEach((number, descriptor) -> {
            open[number] = null;
            descriptor.close();
        });
    }
}
