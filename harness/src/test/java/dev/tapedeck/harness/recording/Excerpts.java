package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Forges recordings. */
final class Excerpts {
    private Excerpts() {}

    interface Bytes {
        /** The bytes to write instead, or null to leave the excerpt out. */
        byte @Nullable [] of(long number, byte[] excerpt);
    }

    interface Payload {
        byte @Nullable [] of(long number, Frame.Kind kind, byte[] payload);
    }

    static void rewriteBytes(Path from, Path to, Bytes bytes) throws IOException {
        try (ExcerptLog in = ChronicleLog.openForReading(from);
                ExcerptLog out = ChronicleLog.create(to)) {
            for (long i = 0; i < in.size(); i++) {
                byte[] changed = bytes.of(i, in.read(i));
                if (changed != null) {
                    out.append(changed);
                }
            }
        }
    }

    /** Changes payloads (of one part each); numbers, checksums and the digest in an end that is not changed are made right again. */
    static void rewrite(Path from, Path to, Payload payloads) throws IOException, RecordingException {
        try (ExcerptLog in = ChronicleLog.openForReading(from);
                ExcerptLog out = ChronicleLog.create(to)) {
            long seed = 0;
            long newSeed = 0;
            long number = 0;
            for (long i = 0; i < in.size(); i++) {
                Frame frame = Frame.decode(in.read(i), i, seed);
                seed = frame.checksum();
                byte[] payload = payloads.of(i, frame.kind(), frame.payload());
                if (frame.kind() == Frame.Kind.END && Arrays.equals(payload, frame.payload())) {
                    payload = end(frame.payload(), newSeed);
                }
                if (payload != null) {
                    byte[] excerpt =
                            Frame.encode(frame.kind(), frame.last(), number++, newSeed, payload, 0, payload.length);
                    newSeed = Frame.checksum(excerpt);
                    out.append(excerpt);
                }
            }
        }
    }

    private static byte[] end(byte[] payload, long logDigest) throws RecordingException {
        EndDescriptor end = EndDescriptor.decode(payload);
        return new EndDescriptor(
                        end.outcome(), end.blocks(), end.interrupts(), end.hostCalls(), end.checkpoints(), logDigest)
                .encode();
    }

    /** The same recording with an excerpt of two parts, of a kind that may be skipped, before each one but the header. */
    static void withOptional(Path from, Path to) throws IOException, RecordingException {
        try (ExcerptLog in = ChronicleLog.openForReading(from);
                ExcerptLog out = ChronicleLog.create(to)) {
            long seed = 0;
            long newSeed = 0;
            long number = 0;
            for (long i = 0; i < in.size(); i++) {
                Frame frame = Frame.decode(in.read(i), i, seed);
                seed = frame.checksum();
                for (int part = 0; i > 0 && part < 2; part++) {
                    byte[] optional =
                            Frame.encode(Frame.Kind.OPTIONAL, part == 1, number++, newSeed, new byte[] {7}, 0, 1);
                    newSeed = Frame.checksum(optional);
                    out.append(optional);
                }
                byte[] payload = frame.payload();
                if (frame.kind() == Frame.Kind.END) {
                    // Its last field is the checksum of the excerpt before it.
                    ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putLong(payload.length - 8, newSeed);
                }
                byte[] excerpt =
                        Frame.encode(frame.kind(), frame.last(), number++, newSeed, payload, 0, payload.length);
                newSeed = Frame.checksum(excerpt);
                out.append(excerpt);
            }
        }
    }
}
