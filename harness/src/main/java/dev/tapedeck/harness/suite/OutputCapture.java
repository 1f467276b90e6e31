package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.ApprovedText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Keeps what a program writes, and notes which host call first departed from what is expected. */
final class OutputCapture extends OutputStream {
    /** More output stops the program with a fault: a runaway loop would otherwise use up the memory. */
    static final int BYTES_MAX = 64 << 20;

    private ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Optional<byte[]> expected;
    private final int bytesMax;
    private long callIcount;
    private long callStart;
    private OptionalLong lastIcount = OptionalLong.empty();

    /** The calls that wrote the first bytes: as many as an approved text shows. */
    private final List<Origin> origins = new ArrayList<>();

    private long departedOffset;
    private OptionalLong departedIcount = OptionalLong.empty();

    /** @param expected Latin-1, one char per byte */
    OutputCapture(Optional<String> expected) {
        this(expected, BYTES_MAX);
    }

    OutputCapture(Optional<String> expected, int bytesMax) {
        this.expected = expected.map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
        this.bytesMax = bytesMax;
    }

    /** What follows is written by the host call at this instruction count. */
    void callBegins(long icount) {
        callIcount = icount;
        callStart = bytes.size();
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        if (length > bytesMax - bytes.size()) {
            throw new IOException("the test wrote more than " + (bytesMax >> 20) + " MiB");
        }
        if (expected.isPresent() && departedIcount.isEmpty()) {
            byte[] should = expected.get();
            for (int i = 0; i < length; i++) {
                int at = bytes.size() + i;
                if (at >= should.length || should[at] != from[offset + i]) {
                    departedIcount = OptionalLong.of(callIcount);
                    departedOffset = at - callStart;
                    break;
                }
            }
        }
        if (length > 0) {
            lastIcount = OptionalLong.of(callIcount);
            boolean more = origins.isEmpty() || origins.get(origins.size() - 1).icount != callIcount;
            if (more && callStart < ApprovedText.OUTPUT_BYTES_MAX) {
                origins.add(new Origin(callIcount, callStart));
            }
        }
        bytes.write(from, offset, length);
    }

    /**
     * Where a byte came from.
     *
     * @param icount of the host call that wrote it
     * @param start of what that call wrote, in the output
     */
    record Origin(long icount, long start) {}

    /** Where a byte that an approved text shows came from; empty if there is no such byte. */
    Optional<Origin> origin(long at) {
        Optional<Origin> found = Optional.empty();
        for (Origin origin : at < bytes.size() ? origins : List.<Origin>of()) {
            if (origin.start <= at) {
                found = Optional.of(origin);
            }
        }
        return found;
    }

    /** The host call that wrote the last byte; empty if nothing was written. */
    OptionalLong lastIcount() {
        return lastIcount;
    }

    /** Forgets everything. */
    void release() {
        bytes = new ByteArrayOutputStream();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    /** The host call that wrote the first byte that was not expected; empty if no byte was wrong. */
    OptionalLong departedIcount() {
        return departedIcount;
    }

    /** Where that byte is in what the call wrote. */
    long departedOffset() {
        return departedOffset;
    }
}
