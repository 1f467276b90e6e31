package dev.tapedeck.vm.program;

import java.util.Arrays;

/**
 * Bytes for memory. An active segment is copied to its address in memory 0 before the program starts, and is empty for
 * {@code memory.init} from then on, as one that was dropped. A passive one is copied by {@code memory.init}, until
 * {@code data.drop} makes it empty.
 *
 * @param name for people; may be empty
 * @param address 0 to 2^32-1, or {@link #PASSIVE}
 */
public record DataSegment(String name, long address, byte[] bytes) {
    /** The address of a segment that the program copies itself. */
    public static final long PASSIVE = -1;

    public DataSegment {
        bytes = bytes.clone();
    }

    /** A copy of the bytes. */
    @Override
    public byte[] bytes() {
        return bytes.clone();
    }

    /** A copy of some of the bytes. */
    public byte[] bytes(int from, int count) {
        return Arrays.copyOfRange(bytes, from, from + count);
    }

    public boolean passive() {
        return address == PASSIVE;
    }

    public int length() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DataSegment that
                && name.equals(that.name)
                && address == that.address
                && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * name.hashCode() + Long.hashCode(address)) + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "DataSegment[" + name + (passive() ? "" : " at " + address) + ", " + bytes.length + " bytes]";
    }
}
