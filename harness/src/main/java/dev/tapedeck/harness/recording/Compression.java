package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ModuleOpener;
import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdCompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.util.Arrays;

/** Zstandard in pure Java: the same input gives the same bytes on every JDK. */
public final class Compression {
    public static final int STORED = 0;
    public static final int ZSTD = 1;

    /** At the most: a block of Zstandard makes 128 KiB, and has 4 bytes or more. */
    private static final long EXPANSION_MAX = (128 << 10) / 4;

    static {
        ModuleOpener.allowUnsafe();
    }

    private Compression() {}

    public static byte[] compress(byte[] bytes) {
        // Its tables are large, but keeping one per thread would tie them to threads of other people.
        ZstdCompressor compressor = new ZstdCompressor();
        byte[] buffer = new byte[compressor.maxCompressedLength(bytes.length)];
        int length = compressor.compress(bytes, 0, bytes.length, buffer, 0, buffer.length);
        return Arrays.copyOf(buffer, length);
    }

    /**
     * @param what for messages
     * @param length of the result, which the caller has limited
     * @throws RecordingException if the bytes are not what {@link #compress} makes, or give another length
     */
    public static byte[] decompress(String what, byte[] stored, int length) throws RecordingException {
        if (length > Runtime.getRuntime().maxMemory() / 2) {
            throw new OutOfMemoryException(what + " takes " + length
                    + " bytes of memory, more than half of what this Java may use; give it more with -Xmx");
        }
        try {
            // Before so much is allocated for it.
            long stated = ZstdDecompressor.getDecompressedSize(stored, 0, stored.length);
            if (stated != length || length > stored.length * EXPANSION_MAX) {
                throw new RecordingException(what + " has " + stated + " bytes, compressed to " + stored.length
                        + ", expected " + length + " bytes");
            }
            byte[] bytes = new byte[length];
            int actual = new ZstdDecompressor().decompress(stored, 0, stored.length, bytes, 0, length);
            if (actual != length) {
                throw new RecordingException(what + " has " + actual + " bytes, expected " + length);
            }
            return bytes;
        } catch (MalformedInputException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new RecordingException(what + " cannot be decompressed: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw new OutOfMemoryException(what + " takes " + length + " bytes of memory; give Java more with -Xmx");
        }
    }
}
