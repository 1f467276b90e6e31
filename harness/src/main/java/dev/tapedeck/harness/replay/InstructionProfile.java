package dev.tapedeck.harness.replay;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Function;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** How often each instruction was executed in a recorded run, read off its log without executing anything. */
public final class InstructionProfile {
    /** How often one instruction was executed; a faulting one was not. */
    public record Row(Opcode opcode, long count) {}

    /** More than the largest code of an instruction. */
    private static final int CODES = 0x400;

    private InstructionProfile() {}

    /** The instructions that were executed, most often first; those of one number in the order of the table. */
    public static List<Row> of(Recording recording) throws RecordingException {
        List<Function> functions = recording.program().program().functions();
        long[] counts = new long[CODES];
        long end = recording.icountEnd();
        LogWalk.walk(recording, 0, entry -> {
            if (entry instanceof LogWalk.Entry.Executed executed && executed.icount() < end) {
                Opcode opcode = functions
                        .get(executed.position().function())
                        .code()
                        .get(executed.position().offset())
                        .opcode();
                counts[opcode.code()]++;
            }
            return true;
        });
        return Arrays.stream(Opcode.values())
                .map(opcode -> new Row(opcode, counts[opcode.code()]))
                .filter(row -> row.count() > 0)
                .sorted(Comparator.comparingLong(Row::count).reversed().thenComparing(Row::opcode))
                .toList();
    }
}
