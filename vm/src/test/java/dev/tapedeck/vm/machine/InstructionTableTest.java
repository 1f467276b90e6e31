package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.ControlFlow;
import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Executes each instruction of the table and compares what it does to the stack with the table. An instruction whose
 * effect depends on its operands needs a case here; without one the test fails.
 */
@DisplayName("K1, G5: per opcode: the instruction table is what the machine does")
class InstructionTableTest {
    /**
     * @param body lines of a function; the instruction in question is the first one of its opcode
     * @param popped cells below the instruction that it takes
     * @param pushed cells that it leaves, in the frame it goes on in
     */
    private record Case(List<String> body, int popped, int pushed) {}

    private static final Map<Opcode, Case> CASES = new EnumMap<>(Opcode.class);

    static {
        put(Opcode.BR, 0, 0, "br end", "end:");
        put(Opcode.BR_TABLE, 1, 0, "i32.const 1", "br_table end end", "end:");
        // With its operand go the locals of the frame that it leaves, here one.
        put(Opcode.RETURN, 2, 1, "i64.const 3", "call one", "drop");
        put(Opcode.CALL, 1, 0, "i64.const 3", "call one", "drop");
        put(Opcode.CALL_INDIRECT, 2, 0, "i64.const 3", "i32.const 1", "call_indirect table (i64) -> (i64)", "drop");
        put(Opcode.DROP, 1, 0, "i32.const 1", "drop");
        put(Opcode.SELECT, 3, 1, "i64.const 1", "i64.const 2", "i32.const 0", "select", "drop");
        put(Opcode.LOCAL_GET, 0, 1, "local.get x", "drop");
        put(Opcode.LOCAL_SET, 1, 0, "i64.const 1", "local.set x");
        put(Opcode.LOCAL_TEE, 1, 1, "i64.const 1", "local.tee x", "drop");
        put(Opcode.GLOBAL_GET, 0, 1, "global.get g", "drop");
        put(Opcode.GLOBAL_SET, 1, 0, "i64.const 1", "global.set g");
        put(Opcode.UNWIND, 3, 1, "i32.const 1", "i64.const 2", "i32.const 3", "unwind 1 2", "drop");
        put(Opcode.CALL_HOST, 0, 1, "call_host tape.clock", "drop");
        put(Opcode.TABLE_GET, 1, 1, "i32.const 1", "table.get table", "drop");
        put(Opcode.TABLE_SET, 2, 0, "i32.const 1", "ref.func one", "table.set table");
        put(Opcode.TABLE_GROW, 2, 1, "ref.func one", "i32.const 1", "table.grow table", "drop");
        put(Opcode.TABLE_FILL, 3, 0, "i32.const 1", "ref.func one", "i32.const 2", "table.fill table");
        put(Opcode.REF_NULL, 0, 1, "ref.null externref", "drop");
        put(Opcode.REF_IS_NULL, 1, 1, "ref.func one", "ref.is_null", "drop");
        put(Opcode.HALT, 1, 0, "i32.const 0", "br_if end", "i32.const 1", "halt", "end:");
    }

    static {
        putSection(Opcode.SECTION_FREE, 1, 0, "i32.const 1", "section.free");
        putSection(Opcode.SECTION_SIZE, 1, 1, "i32.const 1", "section.size");
        for (String load : List.of("load8_s", "load8_u", "load16_s", "load16_u", "load32", "load64")) {
            Opcode opcode = Opcode.ofMnemonic("section." + load).orElseThrow();
            putSection(opcode, 2, 1, "i32.const 1", "i32.const 4", "section." + load + " [+4]");
        }
        for (String store : List.of("store8", "store16", "store32")) {
            Opcode opcode = Opcode.ofMnemonic("section." + store).orElseThrow();
            putSection(opcode, 3, 0, "i32.const 1", "i32.const 4", "i32.const 7", "section." + store);
        }
        putSection(Opcode.SECTION_STORE64, 3, 0, "i32.const 1", "i32.const 8", "i64.const 7", "section.store64");
        putSection(
                Opcode.SECTION_COPY,
                5,
                0,
                "i32.const 1",
                "i32.const 4",
                "i32.const 1",
                "i32.const 0",
                "i32.const 12",
                "section.copy");
        putSection(
                Opcode.SECTION_FILL,
                4,
                0,
                "i32.const 1",
                "i32.const 4",
                "i32.const 255",
                "i32.const 12",
                "section.fill");
        put(Opcode.I32_SUB_CHECKED_U, 2, 1, "i32.const 2", "i32.const 1", "i32.sub_checked_u", "drop");
        put(Opcode.I32_NEG_CHECKED_U, 1, 1, "i32.const 0", "i32.neg_checked_u", "drop");
        put(Opcode.I64_NEG_CHECKED_U, 1, 1, "i64.const 0", "i64.neg_checked_u", "drop");
    }

    private static void put(Opcode opcode, int popped, int pushed, String... body) {
        CASES.put(opcode, new Case(Arrays.asList(body), popped, pushed));
    }

    /** A section of 16 bytes, which is section 1 because it is the first, and what uses it. */
    private static void putSection(Opcode opcode, int popped, int pushed, String... use) {
        List<String> body = new ArrayList<>(List.of("i32.const 16", "section.new", "drop"));
        body.addAll(Arrays.asList(use));
        for (int i = 0; i < pushed; i++) {
            body.add("drop");
        }
        put(opcode, popped, pushed, body.toArray(String[]::new));
    }

    private static Bench bench(List<String> body) {
        List<String> lines = new ArrayList<>(List.of(
                ".memory 1 2",
                ".global g: mut i64 = 0",
                ".table table: funcref 4 8 = handler, one",
                ".elements elements = one, handler",
                ".data bytes passive = \"abc\"",
                ".func one(x: i64) -> (i64)",
                "local.get x",
                "return",
                ".end",
                ".func handler(signal: i32, payload: i64)",
                "interrupt.return",
                ".end",
                ".func main()",
                ".local x: i64"));
        lines.addAll(body);
        lines.add("return");
        lines.add(".end");
        lines.add(".entry main");
        return Bench.of(lines.toArray(String[]::new));
    }

    /** The case of an instruction whose effect stands in the table: operands of 1, and zeros as immediates. */
    private static Case generic(Opcode opcode, Opcode.Effect effect) {
        List<String> body = new ArrayList<>();
        for (ValueType type : effect.pops()) {
            body.add(type.mnemonic() + ".const 1");
        }
        StringBuilder line = new StringBuilder(opcode.mnemonic());
        for (OperandKind kind : opcode.operands()) {
            line.append(
                    switch (kind) {
                        case LABEL -> " next";
                        case FUNCTION -> " handler";
                        case OFFSET, MEMORY -> "";
                        case TABLE -> " table";
                        case DATA -> " bytes";
                        case ELEMENTS -> " elements";
                        case I32, I64, F32, F64 -> " 7";
                        case LOCAL, GLOBAL, IMPORT, TYPE, REFERENCE, LABELS, COUNT ->
                            throw new AssertionError(opcode + " needs a case of its own");
                    });
        }
        body.add(line.toString());
        body.add("next:");
        effect.pushes().forEach(type -> body.add("drop"));
        return new Case(body, effect.pops().size(), effect.pushes().size());
    }

    @ParameterizedTest
    @EnumSource(
            value = Opcode.class,
            names = {"UNREACHABLE", "INTERRUPT_RETURN"},
            mode = EnumSource.Mode.EXCLUDE)
    void popsAndPushesAsTheTableSays(Opcode opcode) {
        Case known = CASES.get(opcode);
        Case tried = known != null
                ? known
                : opcode.effect().map(effect -> generic(opcode, effect)).orElse(null);
        assertThat(tried).as("a case for " + opcode.mnemonic()).isNotNull();
        Bench bench = bench(tried.body).start();
        Machine machine = bench.machine;
        while (machine.instruction().opcode() != opcode) {
            assertThat(machine.run(machine.icount() + 1)).isEqualTo(Status.RUNNING);
        }
        // Cells and not operands: a call moves its arguments into the frame of the callee.
        int below = machine.sp() - tried.popped;
        long icount = machine.icount();
        int locals = opcode == Opcode.CALL || opcode == Opcode.CALL_INDIRECT ? 1 : 0;
        Instruction instruction = machine.instruction();
        Position position = machine.position();
        Snapshot before = machine.snapshot();

        Status status = machine.run(icount + 1);

        assertThat(status).isEqualTo(opcode == Opcode.HALT ? Status.HALTED : Status.RUNNING);
        assertThat(machine.icount()).isEqualTo(icount + 1);
        assertThat(machine.sp()).isEqualTo(below + tried.pushed + locals);
        assertGoesOnAsTheTableSays(
                instruction,
                position,
                machine,
                machine.depth() - before.state().frames().size());
        if (opcode.determinism() == Determinism.PURE) {
            assertThat(before.differences(machine.snapshot(), 100))
                    .extracting(Difference::location)
                    .allMatch(changed -> changed instanceof Location.Operand
                            || changed instanceof Location.FramePosition
                            || changed.equals(new Location.Register("sp")));
        }
        opcode.effect().ifPresent(effect -> {
            for (int i = 0; i < effect.pushes().size(); i++) {
                long cell = machine.operand(
                        0, machine.operandCount(0) - effect.pushes().size() + i);
                assertThat(effect.pushes().get(i).represents(cell))
                        .as(opcode + " pushes a well-formed " + effect.pushes().get(i))
                        .isTrue();
            }
        });
        assertThat(machine.run(1_000)).isEqualTo(opcode == Opcode.HALT ? Status.HALTED : Status.RETURNED);
    }

    private static void assertGoesOnAsTheTableSays(
            Instruction instruction, Position position, Machine machine, int framesEntered) {
        int next = position.offset() + 1;
        List<Integer> labels = instruction.labels().isEmpty() ? List.of((int) instruction.a()) : instruction.labels();
        switch (instruction.opcode().controlFlow()) {
            case NEXT -> assertThat(machine.position()).isEqualTo(new Position(position.function(), next));
            case JUMP -> {
                assertThat(framesEntered).isZero();
                assertThat(labels).contains(machine.position().offset());
            }
            case BRANCH -> {
                assertThat(framesEntered).isZero();
                assertThat(machine.position().offset() == next
                                || labels.contains(machine.position().offset()))
                        .isTrue();
            }
            case CALL -> {
                assertThat(framesEntered).isEqualTo(1);
                assertThat(machine.position().offset()).isZero();
                assertThat(machine.framePosition(machine.depth() - 2)).isEqualTo(position);
            }
            case RETURN -> assertThat(framesEntered).isEqualTo(-1);
            case STOP -> assertThat(machine.status().ended()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Opcode.class)
    void onlyJumpsAndBranchesHaveLabels(Opcode opcode) {
        ControlFlow flow = opcode.controlFlow();
        assertThat(opcode.hasLabels()).isEqualTo(flow == ControlFlow.JUMP || flow == ControlFlow.BRANCH);
    }

    @Test
    void unreachableFaults() {
        Bench bench = Bench.of(".func main()", "unreachable", ".end", ".entry main");
        assertThat(bench.fault().kind()).isEqualTo(FaultKind.UNREACHABLE);
        assertThat(bench.machine.icount()).isZero();
    }

    @Test
    void interruptReturnGoesBackToWhereItWas() {
        Bench bench = bench(List.of("i32.const 9", "interrupt.handle handler", "nop", "nop"))
                .start();
        Machine machine = bench.machine;
        machine.raise(9, 77);
        machine.run(2);
        assertThat(machine.depth()).isEqualTo(1);
        machine.deliverInterrupt();
        assertThat(machine.depth()).isEqualTo(2);
        assertThat(machine.instruction().opcode()).isEqualTo(Opcode.INTERRUPT_RETURN);
        int sp = machine.sp();
        machine.run(3);
        assertThat(machine.sp()).isEqualTo(sp - 2);
        assertThat(machine.instruction()).isEqualTo(Instruction.of(Opcode.NOP));
        assertThat(machine.run(1_000)).isEqualTo(Status.RETURNED);
    }
}
