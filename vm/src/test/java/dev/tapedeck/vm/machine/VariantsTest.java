package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("G6: the loop's variants do the same")
class VariantsTest {
    private static final long SEED = 77;
    private static final int PROGRAMS = 250;

    /** More than any of the programs executes. */
    private static final long ICOUNT_MAX = 200_000;

    @Test
    void onRandomPrograms() {
        Map<String, Integer> endings = new TreeMap<>();
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            String what = "seed " + seed;
            VerifiedProgram program = Bench.verified(RandomProgram.lines(seed));
            Bench plain = Bench.of(program).start(5);
            plain.machine.run(ICOUNT_MAX);
            endings.merge(
                    plain.machine
                            .fault()
                            .map(fault -> fault.kind().mnemonic())
                            .orElse(plain.machine.status().name()),
                    1,
                    Integer::sum);
            Snapshot expected = plain.machine.snapshot();

            Bench single = Bench.of(program);
            single.machine.fusion = false;
            single.start(5).machine.run(ICOUNT_MAX);
            assertSame(what + " without fusion", single, plain, expected);

            FlowTrace trace = new FlowTrace();
            Bench traced = Bench.of(program).start(5);
            traced.machine.trace(trace);
            traced.machine.run(ICOUNT_MAX);
            assertSame(what + " traced", traced, plain, expected);

            Bench stepped = Bench.of(program).start(5);
            FlowTrace steppedTrace = new FlowTrace();
            stepped.machine.trace(steppedTrace);
            List<Position> positions = new ArrayList<>();
            while (stepped.machine.status() == Status.RUNNING && stepped.machine.icount() < ICOUNT_MAX) {
                positions.add(stepped.machine.position());
                stepped.machine.run(stepped.machine.icount() + 1);
            }
            assertSame(what + " stepped", stepped, plain, expected);
            assertThat(steppedTrace.digest()).as(what).isEqualTo(trace.digest());
            assertThat(steppedTrace.bits()).as(what).isEqualTo(trace.bits());
            assertThat(steppedTrace.bitCount()).as(what).isEqualTo(trace.bitCount());
            long completed = stepped.machine.icount();
            assertThat(path(program.program(), trace, completed)).as(what).isEqualTo(positions.subList(0, (int)
                    completed));

            Bench sliced = Bench.of(program).start(5);
            Random random = new Random(seed);
            while (sliced.machine.status() == Status.RUNNING && sliced.machine.icount() < ICOUNT_MAX) {
                sliced.machine.run(Math.min(ICOUNT_MAX, sliced.machine.icount() + 1 + random.nextInt(500)));
                if (random.nextInt(4) == 0) {
                    sliced.machine.restore(sliced.machine.snapshot());
                }
            }
            assertSame(what + " sliced", sliced, plain, expected);
        }
        // The programs have to be worth it: most end normally, some do not.
        assertThat(endings.get("RETURNED")).as(endings.toString()).isGreaterThan(PROGRAMS / 3);
        assertThat(endings).as(endings.toString()).hasSizeGreaterThan(2);
    }

    private static void assertSame(String what, Bench actual, Bench expected, Snapshot expectedState) {
        assertThat(actual.machine.status()).as(what).isEqualTo(expected.machine.status());
        assertThat(actual.machine.fault()).as(what).isEqualTo(expected.machine.fault());
        assertThat(actual.machine.icount()).as(what).isEqualTo(expected.machine.icount());
        assertThat(actual.machine.snapshot().differences(expectedState, 5))
                .as(what)
                .isEmpty();
        assertThat(actual.machine.snapshot().sameState(expectedState)).as(what).isTrue();
    }

    /** The first {@code count} executed instructions, from nothing but the program and the bits. */
    private static List<Position> path(Program program, FlowTrace trace, long count) {
        byte[] bits = trace.bits();
        int[] next = {0};
        java.util.function.IntUnaryOperator read = width -> {
            int value = 0;
            for (int i = 0; i < width; i++, next[0]++) {
                value |= (bits[next[0] / 8] >> next[0] % 8 & 1) << i;
            }
            return value;
        };
        List<Position> path = new ArrayList<>();
        Deque<Position> returns = new ArrayDeque<>();
        Position at = new Position(program.entry(), 0);
        while (path.size() < count) {
            path.add(at);
            Instruction instruction =
                    program.functions().get(at.function()).code().get(at.offset());
            Position following = new Position(at.function(), at.offset() + 1);
            Position target = new Position(at.function(), (int) instruction.a());
            switch (instruction.opcode().code()) {
                case Code.BR -> at = target;
                case Code.BR_IF -> at = read.applyAsInt(1) == 1 ? target : following;
                case Code.BR_UNLESS -> at = read.applyAsInt(1) == 0 ? target : following;
                case Code.BR_TABLE -> {
                    int choices = instruction.labels().size();
                    int index = read.applyAsInt(32 - Integer.numberOfLeadingZeros(choices - 1));
                    at = new Position(at.function(), instruction.labels().get(index));
                }
                case Code.CALL -> {
                    returns.push(following);
                    at = new Position((int) instruction.a(), 0);
                }
                case Code.CALL_INDIRECT -> {
                    returns.push(following);
                    int functions = program.functions().size();
                    at = new Position(read.applyAsInt(32 - Integer.numberOfLeadingZeros(functions - 1)), 0);
                }
                case Code.RETURN -> at = returns.isEmpty() ? at : returns.pop();
                default -> at = following;
            }
        }
        return path;
    }

    @Test
    @DisplayName("The digest tells runs apart that store or branch differently, and only those")
    void digest() {
        String[] lines = Bench.main(
                ".memory 1",
                "(address: i32, value: i32, condition: i32)",
                "local.get address",
                "local.get value",
                "i32.store8",
                "local.get condition",
                "br_if end",
                "nop",
                "end:",
                "return");
        long reference = digest(lines, 10, 5, 1);
        assertThat(digest(lines, 10, 5, 1)).isEqualTo(reference);
        assertThat(digest(lines, 10, 5, 7)).as("the condition is as true").isEqualTo(reference);
        assertThat(digest(lines, 10, 5 + 256, 1)).as("the same byte").isEqualTo(reference);
        assertThat(digest(lines, 11, 5, 1)).isNotEqualTo(reference);
        assertThat(digest(lines, 10, 6, 1)).isNotEqualTo(reference);
        assertThat(digest(lines, 10, 5, 0)).isNotEqualTo(reference);
    }

    private static long digest(String[] lines, long... arguments) {
        Bench bench = Bench.of(lines).start(arguments);
        FlowTrace trace = new FlowTrace();
        bench.machine.trace(trace);
        bench.run();
        return trace.digest();
    }

    @Test
    void clearKeepsTheDigestAndSetDigestContinuesIt() {
        VerifiedProgram program = Bench.verified(ControlTest.FIB);
        for (int cut : new int[] {1, 10, 100, 700, 1_000}) {
            FlowTrace whole = new FlowTrace();
            Bench bench = Bench.of(program).start(12);
            bench.machine.trace(whole);
            bench.machine.run(cut);
            long atCut = whole.digest();
            whole.clear();
            assertThat(whole.digest()).isEqualTo(atCut);
            assertThat(whole.bitCount()).isZero();
            assertThat(whole.bits()).isEmpty();
            Snapshot snapshot = bench.machine.snapshot();
            bench.run();

            FlowTrace resumed = new FlowTrace();
            resumed.setDigest(atCut);
            Machine other = Bench.of(program).machine;
            other.trace(resumed);
            other.restore(snapshot);
            other.run(Long.MAX_VALUE);
            assertThat(resumed.digest()).as("cut at " + cut).isEqualTo(whole.digest());
            assertThat(resumed.bits()).isEqualTo(whole.bits());
        }
    }

    @Test
    void foldStateFoldsEveryPartOfTheStateButMemory() {
        Bench bench = Bench.of(
                        Bench.main(".memory 1\n.global g: mut i32 = 0", "(a: i32)", "i32.const 5", "drop", "return"))
                .start(1);
        Machine machine = bench.machine;
        machine.run(1);
        List<Long> digests = new ArrayList<>();
        Snapshot start = machine.snapshot();
        List<Runnable> changes = List.of(
                () -> {},
                () -> machine.set(new Location.Local(0, 0), 2),
                () -> machine.set(new Location.Operand(0, 0), 2),
                () -> machine.set(new Location.GlobalVariable(0), 2),
                () -> machine.set(new Location.Register("hp"), 2),
                () -> machine.set(new Location.Register("interrupts"), 0),
                () -> machine.raise(1, 1),
                () -> machine.raise(1, 2),
                () -> machine.run(2));
        for (Runnable change : changes) {
            machine.restore(start);
            change.run();
            FlowTrace trace = new FlowTrace();
            machine.foldState(trace);
            digests.add(trace.digest());
        }
        assertThat(digests).doesNotHaveDuplicates();
    }
}
