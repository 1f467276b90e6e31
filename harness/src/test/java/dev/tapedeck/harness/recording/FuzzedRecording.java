package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Recordings from bytes that say nothing but the payloads of the excerpts; numbers and checksums are always right. Each
 * excerpt: kind, two bytes of length, payload. With {@code compressed} each has two bytes of length more before the payload:
 * how much of its end comes into the recording compressed, and one more; 0 for nothing.
 */
public final class FuzzedRecording {
    private FuzzedRecording() {}

    /** @return false if there is no excerpt */
    public static boolean write(byte[] parts, boolean compressed, Path file) throws IOException {
        List<byte[]> excerpts = new ArrayList<>();
        long seed = 0;
        int at = 0;
        while (at + 3 <= parts.length) {
            int code = parts[at] & 0xFF;
            Frame.Kind kind = Frame.Kind.ofCode(code).orElse(Frame.Kind.OPTIONAL);
            int length = (parts[at + 1] & 0xFF) << 8 | (parts[at + 2] & 0xFF);
            int from = at + 3;
            int inside = 0;
            if (compressed && from + 2 <= parts.length) {
                inside = (parts[from] & 0xFF) << 8 | (parts[from + 1] & 0xFF);
                from += 2;
            }
            int to = Math.min(parts.length, from + length);
            byte[] payload = Arrays.copyOfRange(parts, from, to);
            if (inside > 0) {
                int head = Math.max(0, payload.length - (inside - 1));
                payload = new PayloadOutput()
                        .raw(Arrays.copyOf(payload, head))
                        .compressed(Arrays.copyOfRange(payload, head, payload.length))
                        .toBytes();
            }
            if (kind == Frame.Kind.END && payload.length >= Long.BYTES) {
                // Its last field is the checksum of the excerpt before it.
                ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putLong(payload.length - Long.BYTES, seed);
            }
            byte[] excerpt = Frame.encode(kind, true, excerpts.size(), seed, payload, 0, payload.length);
            seed = Frame.checksum(excerpt);
            excerpts.add(excerpt);
            at = to;
        }
        PackedLog.write(new Listed(excerpts), excerpts.size(), file);
        return !excerpts.isEmpty();
    }

    /** The file of a recording's directory that has the excerpts. */
    public static final String QUEUE_FILE = "19700101F.cq4";

    /**
     * Recordings of the {@link Deck}, each as a packed file, as parts, as parts with what is compressed in them, and as the
     * file of a queue, with a byte before it that says which.
     */
    public static List<byte[]> seeds(int packed, int parts, int compressed, int queue, int bytesMax) throws Exception {
        List<byte[]> seeds = new ArrayList<>();
        Path folder = Files.createTempDirectory("tapedeck-fuzz");
        try {
            for (Deck deck : Deck.all().toList()) {
                Path directory = folder.resolve("recording" + seeds.size());
                Recorder.record(deck.program(), deck.options(), deck.host(), directory);
                Path file = folder.resolve("packed" + seeds.size());
                Pack.pack(directory, file);
                seeds.add(with(packed, Files.readAllBytes(file)));
                seeds.add(with(parts, parts(directory, false)));
                seeds.add(with(compressed, parts(directory, true)));
                seeds.add(with(queue, queue(directory)));
            }
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        return seeds.stream().filter(seed -> seed.length <= bytesMax).toList();
    }

    private static byte[] with(int first, byte[] others) {
        byte[] all = new byte[others.length + 1];
        all[0] = (byte) first;
        System.arraycopy(others, 0, all, 1, others.length);
        return all;
    }

    /** A file of a queue without the queue's own indexes, which are large and say nothing new. */
    private static byte[] queue(Path directory) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] start = "SCQStore".getBytes(StandardCharsets.US_ASCII);
        out.writeBytes(
                new PayloadOutput().i32(start.length | 1 << 30).raw(start).toBytes());
        try (ExcerptLog log = ChronicleLog.openForReading(directory)) {
            for (long i = 0; i < log.size(); i++) {
                out.writeBytes(new PayloadOutput().blob(log.read(i)).toBytes());
                out.writeBytes(new byte[-out.size() & 3]);
            }
        }
        return out.toByteArray();
    }

    private static byte[] parts(Path directory, boolean compressed) throws IOException, RecordingException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ExcerptLog log = ChronicleLog.openForReading(directory)) {
            long seed = 0;
            for (long i = 0; i < log.size(); i++) {
                Frame frame = Frame.decode(log.read(i), i, seed);
                seed = frame.checksum();
                out.write(frame.kind().code());
                byte[] payload = frame.payload();
                if (compressed) {
                    byte[] head = Arrays.copyOf(payload, compressedFrom(frame));
                    if (head.length == payload.length) {
                        length(out, head.length);
                        length(out, 0);
                        out.writeBytes(head);
                    } else {
                        byte[] inside = new PayloadInput(Arrays.copyOfRange(payload, head.length, payload.length))
                                .compressed("the payload", Integer.MAX_VALUE);
                        length(out, head.length + inside.length);
                        length(out, inside.length + 1);
                        out.writeBytes(head);
                        out.writeBytes(inside);
                    }
                } else {
                    length(out, payload.length);
                    out.writeBytes(payload);
                }
            }
        }
        return out.toByteArray();
    }

    private static void length(ByteArrayOutputStream out, int length) {
        out.write(length >> 8);
        out.write(length);
    }

    /** Where in a payload the part begins that is compressed; its length if there is none. */
    private static int compressedFrom(Frame frame) throws RecordingException {
        byte[] payload = frame.payload();
        return switch (frame.kind()) {
            case HEADER, END, VALUES, OPTIONAL -> payload.length;
            case INTERRUPTS -> Integer.BYTES;
            case HOST_CALLS -> Integer.BYTES + 2 * Long.BYTES;
            case CHECKPOINT ->
                CheckpointDescriptor.decodeHead(payload).form().stored() ? 2 * Long.BYTES + 1 : payload.length;
            case FLOW -> {
                int deliveries = FlowDescriptor.decode(payload).deliveries().size();
                yield 2 * Long.BYTES + 3 * Integer.BYTES + deliveries * (Long.BYTES + 1 + Integer.BYTES);
            }
        };
    }

    private record Listed(List<byte[]> excerpts) implements ExcerptLog {
        @Override
        public void append(byte[] excerpt) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long size() {
            return excerpts.size();
        }

        @Override
        public byte[] read(long index) {
            return excerpts.get((int) index);
        }

        @Override
        public void close() {}
    }
}
