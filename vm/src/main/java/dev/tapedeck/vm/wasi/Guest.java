package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The program's side of a call: arguments and memory, as the standard lays them out. Every address is checked. */
final class Guest {
    /** Buffers of one read or write, as many as other systems allow. */
    static final int BUFFERS_MAX = 1024;

    /** Bytes that one read or write moves at the most; more is left to the next call, as the standard allows. */
    static final int TRANSFER_BYTES_MAX = 1 << 24;

    private static final long U32 = 0xFFFF_FFFFL;

    private final HostCall call;

    Guest(HostCall call) {
        this.call = call;
    }

    HostCall call() {
        return call;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    int i32(int argument) {
        return (int) call.argument(argument);
    }

    /** An unsigned 32-bit argument, an address or a size for example. */
    long u32(int argument) {
        return call.argument(argument) & U32;
    }

    long i64(int argument) {
        return call.argument(argument);
    }

    /** An argument that the standard has as fewer than 32 bits; others are not among its values. */
    int flags(int argument, int all) throws ErrnoException {
        int flags = i32(argument);
        if ((flags & ~all) != 0) {
            throw new ErrnoException(Errno.INVAL);
        }
        return flags;
    }

    /** A position or size in a file: unsigned for the standard, but nothing is that large. */
    long offset(int argument) throws ErrnoException {
        long offset = i64(argument);
        if (offset < 0) {
            throw new ErrnoException(Errno.INVAL);
        }
        return offset;
    }

    void check(long address, long length) throws ErrnoException {
        if (address + length > call.memoryBytes()) {
            throw new ErrnoException(Errno.FAULT);
        }
    }

    byte[] read(long address, int length) throws ErrnoException {
        check(address, length);
        try {
            return call.readMemory(address, length);
        } catch (HostException e) {
            throw new ErrnoException(Errno.FAULT);
        }
    }

    ByteBuffer record(long address, int length) throws ErrnoException {
        return ByteBuffer.wrap(read(address, length)).order(ByteOrder.LITTLE_ENDIAN);
    }

    void write(long address, byte[] bytes) throws ErrnoException {
        check(address, bytes.length);
        if (bytes.length == 0) {
            return;
        }
        try {
            call.writeMemory(address, bytes);
        } catch (HostException e) {
            throw new ErrnoException(Errno.FAULT);
        }
    }

    static ByteBuffer record(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    void write32(long address, long value) throws ErrnoException {
        write(address, record(4).putInt((int) value).array());
    }

    void write64(long address, long value) throws ErrnoException {
        write(address, record(8).putLong(value).array());
    }

    /** The path at the address and of the length that two arguments give. */
    String path(int argument) throws ErrnoException {
        long length = u32(argument + 1);
        check(u32(argument), length);
        if (length > PathWalk.PATH_BYTES_MAX) {
            throw new ErrnoException(Errno.NAMETOOLONG);
        }
        String path;
        try {
            path = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(read(u32(argument), (int) length)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ErrnoException(Errno.ILSEQ);
        }
        if (path.indexOf('\0') >= 0) {
            throw new ErrnoException(Errno.INVAL);
        }
        return path;
    }

    /** Buffers in memory, all checked. */
    static final class Buffers {
        private final long[] addresses;
        private final int[] lengths;

        /** Of all buffers, at most {@link #TRANSFER_BYTES_MAX}. */
        final int length;

        private Buffers(long[] addresses, int[] lengths, int length) {
            this.addresses = addresses;
            this.lengths = lengths;
            this.length = length;
        }
    }

    /** The buffers whose array's address and length two arguments give. */
    Buffers buffers(int argument) throws ErrnoException {
        long count = u32(argument + 1);
        check(u32(argument), count * 8);
        if (count > BUFFERS_MAX) {
            throw new ErrnoException(Errno.INVAL);
        }
        ByteBuffer array = record(u32(argument), (int) count * 8);
        long[] addresses = new long[(int) count];
        int[] lengths = new int[(int) count];
        int total = 0;
        for (int i = 0; i < count; i++) {
            addresses[i] = array.getInt() & U32;
            long length = array.getInt() & U32;
            check(addresses[i], length);
            lengths[i] = (int) Math.min(length, TRANSFER_BYTES_MAX - total);
            total += lengths[i];
        }
        return new Buffers(addresses, lengths, total);
    }

    byte[] gather(Buffers buffers) throws ErrnoException {
        byte[] bytes = new byte[buffers.length];
        int done = 0;
        for (int i = 0; i < buffers.lengths.length; i++) {
            if (buffers.lengths[i] > 0) {
                byte[] part = read(buffers.addresses[i], buffers.lengths[i]);
                System.arraycopy(part, 0, bytes, done, part.length);
                done += part.length;
            }
        }
        return bytes;
    }

    void scatter(Buffers buffers, byte[] bytes) throws ErrnoException {
        int done = 0;
        for (int i = 0; i < buffers.lengths.length && done < bytes.length; i++) {
            int length = Math.min(buffers.lengths[i], bytes.length - done);
            write(buffers.addresses[i], Arrays.copyOfRange(bytes, done, done + length));
            done += length;
        }
    }

    void writeStat(long address, Filestat stat) throws ErrnoException {
        write(
                address,
                record(64)
                        .putLong(stat.device())
                        .putLong(stat.inode())
                        .putLong(stat.type().code())
                        .putLong(stat.links())
                        .putLong(stat.size())
                        .putLong(stat.accessed())
                        .putLong(stat.modified())
                        .putLong(stat.changed())
                        .array());
    }
}
