package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.log.ModuleOpener;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import net.openhft.hashing.LongHashFunction;

/**
 * The frame around each excerpt. All numbers are little-endian.
 *
 * <pre>
 *   0      1      2          4                8                16               24
 *   +------+------+----------+----------------+----------------+----------------+-------------
 *   | kind | part | version  | payload length | number         | checksum       | payload ...
 *   +------+------+----------+----------------+----------------+----------------+-------------
 * </pre>
 *
 * <p>{@code number} counts the excerpts of a log from 0, so a missing one is noticed. {@code part} is 1 if the payload goes
 * on in the next excerpt, else 0. {@code checksum} is XXH3 over bytes 0 to 15 and the payload, with the checksum of the
 * excerpt before as seed (0 for the first): no excerpt can be changed, taken out or put in without all later checksums
 * being wrong, and the last one stands for the whole log.
 *
 * @param last whether the payload ends here
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
record Frame(Kind kind, boolean last, long number, long checksum, byte[] payload) {
    /** The format's version. A change that older readers would misread needs a new one. */
    static final int VERSION = 1;

    static final int HEADER_BYTES = 24;
    static final int PAYLOAD_BYTES_MAX = ExcerptLog.EXCERPT_BYTES_MAX - HEADER_BYTES;

    private static final int KIND_OFFSET = 0;
    private static final int PART_OFFSET = 1;
    private static final int VERSION_OFFSET = 2;
    private static final int LENGTH_OFFSET = 4;
    private static final int NUMBER_OFFSET = 8;
    private static final int CHECKSUM_OFFSET = 16;

    static {
        ModuleOpener.allowUnsafe();
    }

    /** A replay does without excerpts of a kind from this one on. */
    private static final int OPTIONAL_MIN = 0x80;

    /** The kinds of excerpts. Codes are stable. */
    enum Kind {
        HEADER(1, "header"),
        FLOW(2, "flow block"),
        INTERRUPTS(3, "interrupts"),
        HOST_CALLS(4, "host calls"),
        CHECKPOINT(5, "checkpoint"),
        END(6, "end"),
        VALUES(OPTIONAL_MIN, "written values"),
        /** What a later version adds that a reader may do without. */
        OPTIONAL(0xff, "optional excerpt");

        private final int code;
        private final String words;

        Kind(int code, String words) {
            this.code = code;
            this.words = words;
        }

        int code() {
            return code;
        }

        @Override
        public String toString() {
            return words;
        }

        static Optional<Kind> ofCode(int code) {
            Optional<Kind> known =
                    Arrays.stream(values()).filter(kind -> kind.code == code).findFirst();
            return known.isEmpty() && code >= OPTIONAL_MIN ? Optional.of(OPTIONAL) : known;
        }
    }

    /** The bytes of an excerpt. */
    static byte[] encode(Kind kind, boolean last, long number, long seed, byte[] payload, int from, int to) {
        int length = to - from;
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(KIND_OFFSET, (byte) kind.code());
        bytes.put(PART_OFFSET, (byte) (last ? 0 : 1));
        bytes.putShort(VERSION_OFFSET, (short) VERSION);
        bytes.putInt(LENGTH_OFFSET, length);
        bytes.putLong(NUMBER_OFFSET, number);
        bytes.put(HEADER_BYTES, payload, from, length);
        bytes.putLong(CHECKSUM_OFFSET, checksum(bytes.array(), seed));
        return bytes.array();
    }

    static long checksum(byte[] excerpt) {
        return ByteBuffer.wrap(excerpt).order(ByteOrder.LITTLE_ENDIAN).getLong(CHECKSUM_OFFSET);
    }

    private static long checksum(byte[] excerpt, long seed) {
        long head = LongHashFunction.xx3(seed).hashBytes(excerpt, 0, CHECKSUM_OFFSET);
        return LongHashFunction.xx3(head).hashBytes(excerpt, HEADER_BYTES, excerpt.length - HEADER_BYTES);
    }

    /**
     * @param number the number that this excerpt has to have
     * @param seed the checksum of the one before
     * @throws RecordingException if the excerpt is not whole; the message does not name it
     */
    static Frame decode(byte[] excerpt, long number, long seed) throws RecordingException {
        if (excerpt.length < HEADER_BYTES) {
            throw new RecordingException(
                    "it has " + excerpt.length + " bytes, less than the " + HEADER_BYTES + " bytes of a frame");
        }
        ByteBuffer bytes = ByteBuffer.wrap(excerpt).order(ByteOrder.LITTLE_ENDIAN);
        int version = bytes.getShort(VERSION_OFFSET) & 0xFFFF;
        int length = bytes.getInt(LENGTH_OFFSET);
        // Before the checksum: a newer version may compute it in another way.
        if (number == 0 && version > VERSION && version < 256 && bytes.get(KIND_OFFSET) == Kind.HEADER.code()) {
            throw RecordingException.madeByNewer("recording format " + version + ", this one reads up to " + VERSION);
        }
        if (length != excerpt.length - HEADER_BYTES) {
            throw new RecordingException(
                    "its length is stated as " + length + " bytes, but there are " + (excerpt.length - HEADER_BYTES));
        }
        if (checksum(excerpt, seed) != bytes.getLong(CHECKSUM_OFFSET)) {
            throw new RecordingException(
                    "its checksum is wrong: bytes were changed, or an excerpt before it is missing");
        }
        if (bytes.getLong(NUMBER_OFFSET) != number) {
            throw new RecordingException("it is number " + bytes.getLong(NUMBER_OFFSET) + ", expected " + number);
        }
        int code = bytes.get(KIND_OFFSET) & 0xFF;
        Optional<Kind> kind = Kind.ofCode(code);
        int part = bytes.get(PART_OFFSET);
        if (kind.isEmpty() || version != VERSION || part < 0 || part > 1) {
            throw new RecordingException("it is of unknown kind " + code + ", part " + part + ", version " + version);
        }
        return new Frame(
                kind.get(),
                part == 0,
                number,
                bytes.getLong(CHECKSUM_OFFSET),
                Arrays.copyOfRange(excerpt, HEADER_BYTES, excerpt.length));
    }
}
