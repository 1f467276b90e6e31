package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.wasi.Directory.Times;
import dev.tapedeck.vm.wasi.Guest.Buffers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.OptionalLong;

/** The functions on open descriptors: {@code fd_*}. */
final class DescriptorFunctions {
    private static final int ADVICE_MAX = 5;
    private static final int DIRENT_BYTES = 24;
    private static final int ACCESSED = 1;
    private static final int ACCESSED_NOW = 2;
    private static final int MODIFIED = 4;
    private static final int MODIFIED_NOW = 8;

    private DescriptorFunctions() {}

    static void advise(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.File file = state.descriptors.file(guest.u32(0), Errno.BADF, Errno.SPIPE);
        file.need(Rights.FD_ADVISE);
        guest.offset(1);
        guest.offset(2);
        if (guest.i32(3) < 0 || guest.i32(3) > ADVICE_MAX) {
            throw new ErrnoException(Errno.INVAL);
        }
    }

    static void allocate(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.File file = state.descriptors.file(guest.u32(0), Errno.ISDIR, Errno.SPIPE);
        file.need(Rights.FD_ALLOCATE);
        long offset = guest.offset(1);
        long length = guest.offset(2);
        if (length == 0) {
            throw new ErrnoException(Errno.INVAL);
        }
        if (offset + length < 0) {
            throw new ErrnoException(Errno.FBIG);
        }
        if (offset + length > file.file.size()) {
            file.file.setSize(offset + length);
        }
    }

    static void close(WasiState state, Guest guest) throws ErrnoException {
        state.descriptors.close(guest.u32(0));
    }

    static void dataSync(WasiState state, Guest guest) throws ErrnoException {
        sync(state, guest, Rights.FD_DATASYNC);
    }

    static void sync(WasiState state, Guest guest) throws ErrnoException {
        sync(state, guest, Rights.FD_SYNC);
    }

    private static void sync(WasiState state, Guest guest, long right) throws ErrnoException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        if (descriptor instanceof Descriptor.Stream) {
            throw new ErrnoException(Errno.INVAL);
        }
        descriptor.need(right);
        if (descriptor instanceof Descriptor.File file) {
            file.file.sync();
        }
    }

    static void stat(WasiState state, Guest guest) throws ErrnoException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        guest.write(
                guest.u32(1),
                Guest.record(24)
                        .put((byte) descriptor.type().code())
                        .put((byte) 0)
                        .putShort((short) descriptor.flags)
                        .putInt(0)
                        .putLong(descriptor.rights)
                        .putLong(descriptor.inheriting)
                        .array());
    }

    static void setFlags(WasiState state, Guest guest) throws ErrnoException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        descriptor.need(Rights.FD_FDSTAT_SET_FLAGS);
        descriptor.flags = guest.flags(1, Descriptor.FLAGS);
    }

    static void setRights(WasiState state, Guest guest) throws ErrnoException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        long rights = guest.i64(1);
        long inheriting = guest.i64(2);
        if ((rights & ~descriptor.rights) != 0 || (inheriting & ~descriptor.inheriting) != 0) {
            throw new ErrnoException(Errno.NOTCAPABLE);
        }
        descriptor.rights = rights;
        descriptor.inheriting = inheriting;
    }

    static void filestat(WasiState state, Guest guest) throws ErrnoException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        descriptor.need(Rights.FD_FILESTAT_GET);
        Filestat stat;
        if (descriptor instanceof Descriptor.File file) {
            stat = file.file.stat();
        } else if (descriptor instanceof Descriptor.Dir directory) {
            stat = directory.directory.stat();
        } else {
            stat = new Filestat(0, 0, descriptor.type(), 1, 0, 0, 0, 0);
        }
        guest.writeStat(guest.u32(1), stat);
    }

    static void setSize(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.File file = state.descriptors.file(guest.u32(0), Errno.ISDIR, Errno.INVAL);
        file.need(Rights.FD_FILESTAT_SET_SIZE);
        file.file.setSize(guest.offset(1));
    }

    static void setTimes(WasiState state, Guest guest) throws ErrnoException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        descriptor.need(Rights.FD_FILESTAT_SET_TIMES);
        Times times = times(state, guest, 1);
        if (descriptor instanceof Descriptor.File file) {
            file.file.setTimes(times);
        } else if (descriptor instanceof Descriptor.Dir directory) {
            directory.directory.setTimes(times);
        }
    }

    /** The times that three arguments give: two times and the flags for them. */
    static Times times(WasiState state, Guest guest, int argument) throws ErrnoException {
        int flags = guest.flags(argument + 2, ACCESSED | ACCESSED_NOW | MODIFIED | MODIFIED_NOW);
        return new Times(
                time(state, guest, argument, flags, ACCESSED, ACCESSED_NOW),
                time(state, guest, argument + 1, flags, MODIFIED, MODIFIED_NOW));
    }

    private static OptionalLong time(WasiState state, Guest guest, int argument, int flags, int given, int now)
            throws ErrnoException {
        if ((flags & given) != 0 && (flags & now) != 0) {
            throw new ErrnoException(Errno.INVAL);
        } else if ((flags & given) != 0) {
            return OptionalLong.of(guest.offset(argument));
        }
        return (flags & now) != 0 ? OptionalLong.of(state.realtime()) : OptionalLong.empty();
    }

    static void read(WasiState state, Guest guest) throws ErrnoException, HostException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        if (descriptor instanceof Descriptor.Dir) {
            throw new ErrnoException(Errno.ISDIR);
        }
        descriptor.need(Rights.FD_READ);
        Buffers buffers = guest.buffers(1);
        guest.check(guest.u32(3), 4);
        byte[] bytes;
        if (descriptor instanceof Descriptor.File file) {
            bytes = file.file.read(file.position, buffers.length);
            file.position += bytes.length;
        } else {
            bytes = input(state, buffers.length);
        }
        guest.scatter(buffers, bytes);
        guest.write32(guest.u32(3), bytes.length);
    }

    private static byte[] input(WasiState state, int count) throws HostException {
        try {
            return state.options.isTerminal() ? state.input.readLine(count) : state.input.read(count);
        } catch (IOException e) {
            throw new HostException("cannot read: " + e.getMessage());
        }
    }

    static void write(WasiState state, Guest guest) throws ErrnoException, HostException {
        Descriptor descriptor = state.descriptors.get(guest.u32(0));
        if (descriptor instanceof Descriptor.Dir) {
            throw new ErrnoException(Errno.ISDIR);
        }
        descriptor.need(Rights.FD_WRITE);
        Buffers buffers = guest.buffers(1);
        guest.check(guest.u32(3), 4);
        byte[] bytes = guest.gather(buffers);
        int written = bytes.length;
        if (descriptor instanceof Descriptor.File file) {
            if ((file.flags & Descriptor.APPEND) != 0) {
                file.position = file.file.size();
            }
            written = bytes.length == 0 ? 0 : file.file.write(file.position, bytes);
            file.position += written;
        } else if (descriptor instanceof Descriptor.Stream stream) {
            output(stream.number == 2 ? state.error : state.output, bytes);
        }
        guest.write32(guest.u32(3), written);
    }

    /** If nobody takes the output, the program has no reason to go on. */
    private static void output(OutputStream stream, byte[] bytes) throws HostException {
        try {
            stream.write(bytes);
        } catch (IOException e) {
            throw new HostException("cannot write: " + e.getMessage());
        }
    }

    static void pread(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.File file = state.descriptors.file(guest.u32(0), Errno.ISDIR, Errno.SPIPE);
        file.need(Rights.FD_READ | Rights.FD_SEEK);
        Buffers buffers = guest.buffers(1);
        guest.check(guest.u32(4), 4);
        byte[] bytes = file.file.read(guest.offset(3), buffers.length);
        guest.scatter(buffers, bytes);
        guest.write32(guest.u32(4), bytes.length);
    }

    static void pwrite(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.File file = state.descriptors.file(guest.u32(0), Errno.ISDIR, Errno.SPIPE);
        file.need(Rights.FD_WRITE | Rights.FD_SEEK);
        Buffers buffers = guest.buffers(1);
        guest.check(guest.u32(4), 4);
        long offset = guest.offset(3);
        byte[] bytes = guest.gather(buffers);
        guest.write32(guest.u32(4), bytes.length == 0 ? 0 : file.file.write(offset, bytes));
    }

    static void prestat(WasiState state, Guest guest) throws ErrnoException {
        guest.write(
                guest.u32(1),
                Guest.record(8).putInt(0).putInt(preopened(state, guest).length).array());
    }

    static void prestatName(WasiState state, Guest guest) throws ErrnoException {
        byte[] name = preopened(state, guest);
        if (name.length > guest.u32(2)) {
            throw new ErrnoException(Errno.NAMETOOLONG);
        }
        guest.write(guest.u32(1), name);
    }

    private static byte[] preopened(WasiState state, Guest guest) throws ErrnoException {
        if (state.descriptors.get(guest.u32(0)) instanceof Descriptor.Dir directory) {
            String name = directory.preopened;
            if (name != null) {
                return Guest.utf8(name);
            }
        }
        throw new ErrnoException(Errno.BADF);
    }

    static void readDirectory(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.Dir directory = state.descriptors.directory(guest.u32(0));
        directory.need(Rights.FD_READDIR);
        long capacity = guest.u32(2);
        guest.check(guest.u32(1), capacity);
        guest.check(guest.u32(4), 4);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (capacity > 0) {
            directory.directory.list(guest.i64(3), (next, inode, type, name) -> {
                byte[] bytes = Guest.utf8(name);
                out.writeBytes(Guest.record(DIRENT_BYTES)
                        .putLong(next)
                        .putLong(inode)
                        .putInt(bytes.length)
                        .put((byte) type.code())
                        .array());
                out.writeBytes(bytes);
                return out.size() < capacity;
            });
        }
        byte[] bytes = out.toByteArray();
        if (bytes.length > capacity) {
            bytes = java.util.Arrays.copyOf(bytes, (int) capacity);
        }
        guest.write(guest.u32(1), bytes);
        guest.write32(guest.u32(4), bytes.length);
    }

    static void renumber(WasiState state, Guest guest) throws ErrnoException {
        state.descriptors.renumber(guest.u32(0), guest.u32(1));
    }

    static void seek(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.File file = state.descriptors.file(guest.u32(0), Errno.ISDIR, Errno.SPIPE);
        long offset = guest.i64(1);
        int whence = guest.i32(2);
        if (offset == 0 && whence == 1) {
            needTell(file);
        } else {
            file.need(Rights.FD_SEEK);
        }
        guest.check(guest.u32(3), 8);
        long base = switch (whence) {
            case 0 -> 0;
            case 1 -> file.position;
            case 2 -> file.file.size();
            default -> throw new ErrnoException(Errno.INVAL);
        };
        long position = base + offset;
        if (position < 0) {
            throw new ErrnoException(offset > 0 ? Errno.OVERFLOW : Errno.INVAL);
        }
        file.position = position;
        guest.write64(guest.u32(3), position);
    }

    static void tell(WasiState state, Guest guest) throws ErrnoException {
        Descriptor.File file = state.descriptors.file(guest.u32(0), Errno.ISDIR, Errno.SPIPE);
        needTell(file);
        guest.write64(guest.u32(1), file.position);
    }

    /** The right to seek includes the one to tell. */
    private static void needTell(Descriptor file) throws ErrnoException {
        if ((file.rights & (Rights.FD_SEEK | Rights.FD_TELL)) == 0) {
            throw new ErrnoException(Errno.NOTCAPABLE);
        }
    }
}
