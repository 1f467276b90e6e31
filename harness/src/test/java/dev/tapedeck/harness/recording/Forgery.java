package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.program.Program;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Recordings that are whole, but of which something is not true. */
public final class Forgery {
    private Forgery() {}

    /** The same recording with another program in its header, as if a machine had executed it wrongly. */
    public static void ofProgram(Path from, Path to, Program program, RunOptions options)
            throws IOException, RecordingException {
        byte[] header = new HeaderDescriptor(BcWriter.write(program), options).encode();
        Excerpts.rewrite(from, to, (number, kind, payload) -> kind == Frame.Kind.HEADER ? header : payload);
    }

    /** The same recording without its end and without the last {@code blocks} excerpts before it, as after a crash. */
    public static void cut(Path from, Path to, long excerpts) throws IOException {
        Excerpts.rewriteBytes(from, to, (number, excerpt) -> number < excerpts ? excerpt : null);
    }

    /** The forms in which the checkpoints of a recording are stored, in order. */
    public static List<String> checkpointForms(Path from) throws IOException, RecordingException {
        List<String> forms = new ArrayList<>();
        try (Recording recording = Recording.open(from)) {
            long seed = 0;
            for (long i = 0; i < recording.wholeExcerpts(); i++) {
                Frame frame = Frame.decode(recording.log().read(i), i, seed);
                seed = frame.checksum();
                if (frame.kind() == Frame.Kind.CHECKPOINT) {
                    forms.add(CheckpointDescriptor.decodeHead(frame.payload())
                            .form()
                            .name());
                }
            }
        }
        return forms;
    }

    /** The same recording, as a later version of the format would begin it. */
    public static void ofVersion(int version, Path from, Path to) throws IOException {
        Excerpts.rewriteBytes(from, to, (number, excerpt) -> {
            // Whatever a later version does with the rest.
            byte[] later = number == 0 ? Arrays.copyOf(excerpt, excerpt.length + 3) : excerpt.clone();
            later[2] = (byte) version;
            later[3] = (byte) (version >> 8);
            return later;
        });
    }

    /** The same packed recording in a packed file of a later version. */
    public static void ofPackedVersion(int version, Path from, Path to) throws IOException {
        byte[] bytes = Files.readAllBytes(from);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(8, version);
        Files.write(to, bytes);
    }

    /** A log as a packed file, without a look at what its excerpts mean. */
    public static void packed(Path from, Path to) throws IOException {
        Files.createFile(to);
        try (ExcerptLog log = ChronicleLog.openForReading(from)) {
            PackedLog.write(log, log.size(), to);
        }
    }
}
