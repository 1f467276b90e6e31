package dev.tapedeck.vm.wasi;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the parts of a saved state, which may come from anywhere: what is wrong ends in IllegalArgumentException. */
final class StateInput {
    private final byte[] bytes;
    private int position;

    StateInput(byte[] bytes) {
        this.bytes = bytes;
    }

    static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("the state of the WASI host is damaged: " + what);
    }

    static long within(String what, long value, long max) {
        if (value < 0 || value > max) {
            throw wrong(what + " is " + value + ", expected 0 to " + max);
        }
        return value;
    }

    boolean more() {
        return position < bytes.length;
    }

    void end() {
        if (more()) {
            throw wrong((bytes.length - position) + " bytes too many");
        }
    }

    int u8() {
        if (!more()) {
            throw wrong("it ends early");
        }
        return bytes[position++] & 0xFF;
    }

    long number() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = u8();
            value |= (next & 0x7FL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw wrong("a number of more than 64 bits");
    }

    String text(int bytesMax) {
        int length = (int) within("the length of a text", number(), Math.min(bytesMax, bytes.length - position));
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, position, length))
                    .toString();
            position += length;
            return text;
        } catch (CharacterCodingException e) {
            throw wrong("a text that is not UTF-8");
        }
    }
}
