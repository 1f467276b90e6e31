package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** The outside of one run of a program: its input and output, and what is said when it is over. */
final class ProgramRun {
    private final Terminal terminal;
    private final Collected collected = new Collected();
    private final List<Frame> frames = new ArrayList<>();
    private int depth;
    private final boolean collect;

    /** @param collect keeps the program's output instead of passing it on */
    ProgramRun(Terminal terminal, boolean collect) {
        this.terminal = terminal;
        this.collect = collect;
    }

    /** The host functions: input from a stream, output and error output to the command's own. */
    Host host(InputStream input, WasiOptions options) {
        return WasiHost.withStandard(
                options,
                new FilterInputStream(input) {
                    @Override
                    public int read(byte[] bytes, int offset, int length) throws IOException {
                        // Whoever is asked for input wants to see the question.
                        terminal.out().flush();
                        return super.read(bytes, offset, length);
                    }
                },
                collect ? collected : new Passed(),
                new Debug());
    }

    /** Adds the output kept to a document. */
    void output(JsonGenerator json) throws IOException {
        Documents.output(json, collected.bytes.toByteArray());
        if (collected.count > collected.bytes.size()) {
            json.writeNumberField("outputBytes", collected.count);
        }
    }

    /** Notes where the machine is; what was noted last is said if the program fails. */
    void saw(Machine machine) {
        frames.clear();
        frames.addAll(Places.frames(machine, Words.FRAMES_MAX));
        depth = machine.depth();
    }

    /** The innermost frames of the machine that was seen last. */
    List<Frame> frames() {
        return frames;
    }

    /** Says how the run ended where that is not plain, and gives the exit code of the command. */
    int finish(Program program, int function, Outcome outcome) throws CommandException {
        terminal.out().flush();
        if (terminal.out().readerGone()) {
            return ExitCodes.OUTPUT_CLOSED;
        } else if (terminal.out().closed()) {
            throw CommandException.data(
                    "cannot write to standard output: " + terminal.out().failure());
        }
        return switch (outcome.kind()) {
            case RETURNED -> {
                if (!collect) {
                    Values.values(
                                    program.typeOf(program.functions().get(function))
                                            .results(),
                                    outcome.results())
                            .forEach(terminal::println);
                }
                yield ExitCodes.FINE;
            }
            case HALTED -> outcome.exitCode();
            case FAULTED -> {
                outcome.fault().ifPresent(fault -> explain(program, fault));
                yield ExitCodes.DIFFERENT;
            }
            case STOPPED -> {
                terminal.message("tapedeck: stopped after " + Words.count(outcome.icount(), "instruction"));
                yield ExitCodes.DIFFERENT;
            }
            case LIMIT -> {
                terminal.message("tapedeck: stopped by the limit of " + Words.count(outcome.icount(), "instruction")
                        + "; --limit raises it");
                yield ExitCodes.DIFFERENT;
            }
        };
    }

    private void explain(Program program, Fault fault) {
        Executed at = Places.executed(program, fault.icount(), fault.position());
        terminal.message(
                "fault " + fault.kind().mnemonic() + ": " + fault.kind().meaning());
        if (!fault.detail().isEmpty()) {
            terminal.message("  " + Visible.of(fault.detail()));
        }
        terminal.message("  at " + Visible.of(at.place()) + ": " + Visible.of(at.text()));
        terminal.message("  after " + Words.count(fault.icount(), "instruction") + "; sp " + fault.sp() + ", bp "
                + fault.bp() + ", hp " + Integer.toUnsignedString(fault.hp()));
        if (frames.size() > 1) {
            terminal.message("  called from");
            int shown = Math.min(frames.size(), 16);
            frames.subList(1, shown).forEach(frame -> terminal.message("    " + Visible.of(Words.frame(frame))));
            if (shown < depth) {
                terminal.message("    and " + Words.count(depth - shown, "more frame"));
            }
        }
    }

    /** Output that is kept, from its beginning as far as a document can reasonably hold it. */
    private static final class Collected extends OutputStream {
        private static final int BYTES_MAX = 16 << 20;

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private long count;

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            bytes.write(from, offset, Math.min(length, BYTES_MAX - bytes.size()));
            count += length;
        }
    }

    /** Output that goes on to standard output, until nobody takes it. */
    private final class Passed extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            terminal.out().write(bytes, offset, length);
            if (terminal.out().closed()) {
                // The program faults, which ends it; what is said about that is finish's business.
                throw new IOException("nobody takes the output");
            }
        }
    }

    /** Error output and debug prints, after the output that came before them. */
    private final class Debug extends OutputStream {
        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            terminal.out().flush();
            terminal.err().write(bytes, offset, length);
            terminal.err().flush();
        }
    }
}
