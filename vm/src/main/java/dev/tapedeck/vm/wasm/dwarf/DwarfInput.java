package dev.tapedeck.vm.wasm.dwarf;

/** Reads the encodings of DWARF from a range of a section. Numbers are little-endian. */
final class DwarfInput {
    private final byte[] bytes;
    private final int end;
    private int position;

    DwarfInput(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private DwarfInput(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
    }

    int position() {
        return position;
    }

    int remaining() {
        return end - position;
    }

    /** The next {@code length} bytes as an input of their own; this one continues behind them. */
    DwarfInput split(long length) throws DwarfException {
        need(length);
        DwarfInput part = new DwarfInput(bytes, position, position + (int) length);
        position += (int) length;
        return part;
    }

    void skip(long length) throws DwarfException {
        need(length);
        position += (int) length;
    }

    int u8() throws DwarfException {
        need(1);
        return bytes[position++] & 0xFF;
    }

    byte s8() throws DwarfException {
        return (byte) u8();
    }

    int u16() throws DwarfException {
        return u8() | u8() << 8;
    }

    long u32() throws DwarfException {
        return u16() | (long) u16() << 16;
    }

    /** A number of {@code size} bytes, 1 to 8. One of 8 bytes is negative if it is 2^63 or more. */
    long unsigned(int size) throws DwarfException {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) u8() << (8 * i);
        }
        return value;
    }

    /** An unsigned LEB128 number. Bits beyond the 64th are lost. */
    long uleb() throws DwarfException {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = u8();
            if (shift < Long.SIZE) {
                value |= (next & 0x7FL) << shift;
            }
            if (next < 0x80) {
                return value;
            }
        }
    }

    /** A signed LEB128 number. Bits beyond the 64th are lost. */
    long sleb() throws DwarfException {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = u8();
            if (shift < Long.SIZE) {
                value |= (next & 0x7FL) << shift;
            }
            if (next < 0x80) {
                boolean negative = (next & 0x40) != 0 && shift + 7 < Long.SIZE;
                return negative ? value | -1L << (shift + 7) : value;
            }
        }
    }

    /** Passes over a text that ends with a zero byte. */
    void skipText() throws DwarfException {
        while (u8() != 0) {}
    }

    private void need(long count) throws DwarfException {
        if (count < 0 || count > remaining()) {
            throw new DwarfException("byte " + position + ": " + Long.toUnsignedString(count) + " bytes are needed, "
                    + remaining() + " remain");
        }
    }
}
