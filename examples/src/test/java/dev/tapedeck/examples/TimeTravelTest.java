package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A debugger that goes backward: from where a run ended to the instruction that is to blame. */
class TimeTravelTest {
    private static final int SECOND_ACCOUNT = 1;

    @Test
    @DisplayName("S15: walking back from the end of a recording finds the instruction that overdrew an account")
    void findsTheInstructionToBlame(@TempDir Path folder) throws Exception {
        Example ledger = Example.load("ledger.tasm");
        try (Recording recording = record(ledger, options("apply_overdrawn", List.of()), folder)) {
            Replay replay = new Replay(recording);
            replay.seek(recording.icountEnd());
            Machine machine = replay.machine();
            // At the end there is an overdraft. Something before the end must have made it.
            long address = ledger.address("balances") + SECOND_ACCOUNT * Long.BYTES;
            assertThat(number(machine, address)).isNegative();

            while (number(machine, address) < 0) {
                replay.seek(replay.icount() - 1);
            }

            // The machine stands right before the instruction to blame, with all it is about to use.
            Position position = machine.position();
            assertThat(machine.instruction().opcode()).isEqualTo(Opcode.I64_STORE);
            assertThat(functionName(ledger, position)).isEqualTo("transfer");
            assertThat(sourceLine(ledger, position)).isEqualTo("i64.store");
            assertThat(functionName(ledger, machine.framePosition(machine.depth() - 2)))
                    .isEqualTo("apply");
            int frame = machine.depth() - 1;
            assertThat(machine.operand(frame, 0)).isEqualTo(address);
            assertThat(machine.operand(frame, 1)).isNegative();
            assertThat(number(machine, address)).isPositive();
        }
    }

    @Test
    @DisplayName("S15: every state on the way back is the one that was there on the way forward, interrupts included")
    void backwardIsForwardReversed(@TempDir Path folder) throws Exception {
        Example timer = Example.load("timer.tasm");
        List<ScheduledInterrupt> ticks = List.of(
                new ScheduledInterrupt(100, 14, 7),
                new ScheduledInterrupt(150, 14, 8),
                new ScheduledInterrupt(400, 15, 0));
        try (Recording recording = record(timer, options("", ticks), folder)) {
            Replay replay = new Replay(recording);
            long end = recording.icountEnd();
            List<Snapshot> forward = new ArrayList<>();
            forward.add(replay.machine().snapshot());
            while (replay.step()) {
                forward.add(replay.machine().snapshot());
            }
            assertThat(forward).hasSize((int) end + 1);

            for (long icount = end; icount >= 0; icount--) {
                replay.seek(icount);
                assertThat(replay.machine().snapshot().sameState(forward.get((int) icount)))
                        .as("the state at instruction count %d", icount)
                        .isTrue();
            }
        }
    }

    private static Recording record(Example example, RunOptions options, Path folder) throws Exception {
        Path directory = folder.resolve("recording");
        Recorder.record(example.verified(), options, Example.host("", OutputStream.nullOutputStream()), directory);
        return Recording.open(directory);
    }

    private static RunOptions options(String function, List<ScheduledInterrupt> interrupts) {
        return new RunOptions(
                function,
                List.of(),
                0,
                interrupts,
                RunOptions.INSTRUCTION_LIMIT_DEFAULT,
                Limits.DEFAULT,
                RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                CheckpointSpacing.AUTOMATIC,
                List.of());
    }

    private static long number(Machine machine, long address) {
        return ByteBuffer.wrap(machine.readMemory(address, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    private static String functionName(Example example, Position position) {
        return example.program().functionName(position.function());
    }

    /** The line of assembly that an instruction was written in. */
    private static String sourceLine(Example example, Position position) throws Exception {
        Function function = example.program().functions().get(position.function());
        String source = example.program().sources().get(function.source(position.offset()));
        return Files.readAllLines(Path.of("src/test/programs", source))
                .get(function.line(position.offset()) - 1)
                .strip();
    }
}
