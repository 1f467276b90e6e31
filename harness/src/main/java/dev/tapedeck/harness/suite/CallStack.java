package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.suite.Verdict.SourceFrame;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;

/** The call stack of a machine with names and source lines, for stack traces. */
final class CallStack {
    /** Deeper stacks are cut: the innermost frames tell where, and a runaway recursion has tens of thousands. */
    static final int FRAMES_MAX = 40;

    private CallStack() {}

    /** Innermost first. After a return from the entry there is no frame left; then the last instruction's place. */
    static List<SourceFrame> of(Machine machine) {
        Program program = machine.program();
        List<SourceFrame> frames = new ArrayList<>();
        int depth = machine.depth();
        for (int frame = depth - 1; frame >= 0 && frames.size() < FRAMES_MAX; frame--) {
            frames.add(frame(program, machine.framePosition(frame)));
        }
        return frames.isEmpty() ? List.of(frame(program, machine.position())) : frames;
    }

    private static SourceFrame frame(Program program, Position position) {
        Function function = program.functions().get(position.function());
        boolean known =
                function.source() >= 0 && function.source() < program.sources().size();
        return new SourceFrame(
                program.functionName(position.function()),
                position.offset(),
                known ? program.sources().get(function.source()) : "",
                function.line(position.offset()));
    }

    /** {@code main+7 (sum.tasm:9)}. */
    static String place(SourceFrame frame) {
        return frame.function() + "+" + frame.offset()
                + (frame.line() > 0 ? " (" + frame.source() + ":" + frame.line() + ")" : "");
    }
}
