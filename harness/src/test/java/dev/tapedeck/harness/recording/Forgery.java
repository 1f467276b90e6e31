package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.program.Program;
import java.io.IOException;
import java.nio.file.Path;

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
}
