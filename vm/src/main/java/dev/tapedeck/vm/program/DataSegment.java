package dev.tapedeck.vm.program;

import java.util.Arrays;

/** Bytes that are copied to {@code address} (0 to 2^32-1) before the program starts. {@code name} may be empty. */
public record DataSegment(String name, long address, byte[] bytes) {
    public DataSegment {
        bytes = bytes.clone();
    }

    /** A copy of the bytes. */
    @Override
    public byte[] bytes() {
        return bytes.clone();
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
        return "DataSegment[" + name + " at " + address + ", " + bytes.length + " bytes]";
    }
}
