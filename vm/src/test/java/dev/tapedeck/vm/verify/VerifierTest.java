package dev.tapedeck.vm.verify;

import static dev.tapedeck.vm.program.ProgramDraft.brTable;
import static dev.tapedeck.vm.program.ProgramDraft.ofMain;
import static dev.tapedeck.vm.program.ProgramDraft.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.ElementSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Export;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.Program.Table;
import dev.tapedeck.vm.program.ProgramDraft;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestDraft;
import dev.tapedeck.vm.program.TestSystem;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Each rule of the verifier: the smallest program that breaks it, and what the verifier says. */
class VerifierTest {
    private static final Instruction RETURN = op(Opcode.RETURN);
    private static final Instruction DROP = op(Opcode.DROP);
    private static final Instruction I32 = op(Opcode.I32_CONST, 7);
    private static final Instruction I64 = op(Opcode.I64_CONST, 7);

    private static void refused(ProgramDraft draft, String message) {
        assertThatThrownBy(() -> Verifier.verify(draft.build()))
                .isInstanceOf(VerifyException.class)
                .hasMessage(message);
    }

    private static VerifiedProgram accepted(ProgramDraft draft) throws VerifyException {
        return Verifier.verify(draft.build());
    }

    @Nested
    @DisplayName("W7: stack depth and types are consistent")
    class Stack {
        @Test
        void tooFewCells() {
            refused(
                    ofMain(I32, op(Opcode.I32_ADD), DROP, RETURN),
                    "function 'main', offset 1, 'i32.add': expected [i32 i32] on top of the stack, found [i32]");
        }

        @Test
        void wrongType() {
            refused(
                    ofMain(I32, I64, op(Opcode.I32_ADD), DROP, RETURN),
                    "function 'main', offset 2, 'i32.add': expected [i32 i32] on top of the stack, found [i32 i64]");
        }

        @Test
        void onlyTheTopOfADeepStackIsShown() {
            Instruction[] code = new Instruction[20];
            Arrays.fill(code, I32);
            code[18] = op(Opcode.F32_NEG);
            code[19] = RETURN;
            refused(
                    ofMain(code),
                    "function 'main', offset 18, 'f32.neg': expected [f32] on top of the stack,"
                            + " found [... i32 i32 i32 i32 i32 i32 i32 i32]");
        }

        @Test
        void dropOfNothing() {
            refused(ofMain(DROP, RETURN), "function 'main', offset 0, 'drop': needs a cell, and the stack is empty");
        }

        @Test
        void selectOfTwoTypes() {
            refused(
                    ofMain(I32, I64, I32, op(Opcode.SELECT), DROP, RETURN),
                    "function 'main', offset 3, 'select': selects between i32 and i64, expected two values of one type");
        }

        @Test
        void selectOfTooFewCells() {
            refused(
                    ofMain(I32, I32, op(Opcode.SELECT), DROP, RETURN),
                    "function 'main', offset 2, 'select': needs a cell, and the stack is empty");
        }

        @Test
        void localSetOfAnotherType() {
            refused(
                    new ProgramDraft().function("main", "->", "f64", I32, op(Opcode.LOCAL_SET, 0), RETURN),
                    "function 'main', offset 1, 'local.set 0': expected f64 on top of the stack, found [i32]");
        }

        @Test
        void localTeeOfAnotherType() {
            refused(
                    new ProgramDraft().function("main", "i32 ->", "f64", I32, op(Opcode.LOCAL_TEE, 1), RETURN),
                    "function 'main', offset 1, 'local.tee 1': expected f64 on top of the stack, found [i32]");
        }

        @Test
        void globalSetOfAnotherType() {
            ProgramDraft draft = ofMain(I32, op(Opcode.GLOBAL_SET, 0), RETURN);
            draft.globals.add(new Global("pi", ValueType.F64, true, 0));
            refused(draft, "function 'main', offset 1, 'global.set 0': expected f64 on top of the stack, found [i32]");
        }

        @Test
        void globalThatIsNotMutable() {
            ProgramDraft draft = ofMain(I32, op(Opcode.GLOBAL_SET, 0), RETURN);
            draft.globals.add(new Global("limit", ValueType.I32, false, 0));
            refused(
                    draft,
                    "function 'main', offset 1, 'global.set 0': global 0 'limit' is not mutable and cannot be set");
        }

        @Test
        void unwindOfTooMany() {
            refused(
                    ofMain(I32, op(Opcode.UNWIND, 1, 1), DROP, RETURN),
                    "function 'main', offset 1, 'unwind 1 1': needs 2 cells, and the stack [i32] has 1");
        }

        @Test
        void unwindKeepsTheTop() throws VerifyException {
            accepted(new ProgramDraft()
                    .function(
                            "f",
                            "-> i32 f32",
                            I64,
                            I64,
                            I32,
                            op(Opcode.F32_CONST, 0),
                            op(Opcode.UNWIND, 2, 2),
                            RETURN));
            refused(
                    ofMain(I64, I32, op(Opcode.UNWIND, 1, 1), op(Opcode.I64_EQZ), DROP, RETURN),
                    "function 'main', offset 3, 'i64.eqz': expected [i64] on top of the stack, found [i32]");
        }

        @Test
        void moreCellsThanAFunctionMayHave() throws VerifyException {
            accepted(ofMain(pushes(ProgramLimits.OPERAND_CELLS_MAX)));
            refused(
                    ofMain(pushes(ProgramLimits.OPERAND_CELLS_MAX + 1)),
                    "function 'main', offset 65535, 'i32.const 7': more than 65535 cells on the operand stack of one"
                            + " function; keep them in memory");
        }

        private Instruction[] pushes(int count) {
            Instruction[] code = new Instruction[count + 1];
            Arrays.fill(code, I32);
            code[count] = RETURN;
            return code;
        }

        @Test
        void operandCellsMax() throws VerifyException {
            VerifiedProgram verified = accepted(ofMain(I32, I32, I32, op(Opcode.I32_ADD), DROP, DROP, RETURN)
                    .function("idle", "->", RETURN));
            assertThat(verified.operandCellsMax(0)).isEqualTo(3);
            assertThat(verified.operandCellsMax(1)).isZero();
        }
    }

    @Nested
    @DisplayName("W7: paths meet with equal stacks, end in time, and reach every instruction")
    class Paths {
        @Test
        void jumpBackWithAnotherStack() {
            refused(
                    ofMain(I32, op(Opcode.BR, 0)),
                    "function 'main', offset 1, 'br 0': leads to offset 0 with the stack [i32], expected [] as at the"
                            + " start of the function");
        }

        @Test
        void pathsMeetWithDifferentStacks() {
            refused(
                    ofMain(I32, op(Opcode.BR_IF, 3), I32, RETURN),
                    "function 'main', offset 2, 'i32.const 7': leads to offset 3 with the stack [i32], expected [] as"
                            + " from offset 1");
        }

        @Test
        void runsOffTheEnd() {
            refused(
                    ofMain(op(Opcode.NOP)),
                    "function 'main', offset 0, 'nop': the path runs off the end of the function; the last instruction"
                            + " must be one that does not continue: return, br, br_table, halt, unreachable or"
                            + " interrupt.return");
        }

        @Test
        void conditionalJumpRunsOffTheEnd() {
            refused(
                    ofMain(I32, op(Opcode.BR_UNLESS, 0)),
                    "function 'main', offset 1, 'br_unless 0': the path runs off the end of the function; the last"
                            + " instruction must be one that does not continue: return, br, br_table, halt, unreachable"
                            + " or interrupt.return");
        }

        @Test
        void unreachableInstruction() {
            refused(
                    ofMain(RETURN, op(Opcode.NOP)),
                    "function 'main', offset 1, 'nop': no path reaches this instruction; remove it, or jump to it");
        }

        @Test
        void instructionsAfterTheEndOfAPath() {
            Instruction[] ends = {op(Opcode.HALT), op(Opcode.UNREACHABLE), RETURN, op(Opcode.BR, 4), brTable(4)};
            for (Instruction end : ends) {
                refused(
                        ofMain(I32, end, op(Opcode.NOP), RETURN, RETURN),
                        "function 'main', offset 2, 'nop': no path reaches this instruction; remove it, or jump to it");
            }
        }

        @Test
        void codeThatOnlyAJumpReaches() throws VerifyException {
            accepted(ofMain(op(Opcode.BR, 2), RETURN, op(Opcode.BR, 1)));
        }

        @Test
        void extraCellsBelowResultsAreAllowed() throws VerifyException {
            accepted(new ProgramDraft().function("f", "-> i64", I32, I64, RETURN));
        }

        @Test
        void returnWithoutItsResult() {
            refused(
                    new ProgramDraft().function("f", "-> i64 i32", I32, RETURN),
                    "function 'f', offset 1, 'return': expected [i64 i32] on top of the stack, found [i32]");
        }

        @Test
        void haltWithoutExitCode() {
            refused(
                    ofMain(op(Opcode.HALT)),
                    "function 'main', offset 0, 'halt': expected i32 on top of the stack, found []");
        }

        @Test
        void brTableWithoutIndex() {
            refused(
                    ofMain(brTable(0)),
                    "function 'main', offset 0, 'br_table 0': expected i32 on top of the stack, found []");
        }
    }

    @Nested
    @DisplayName("W7, K6: operands exist and are in range")
    class Operands {
        @Test
        void jumpTargets() {
            refused(
                    ofMain(op(Opcode.BR, 1)),
                    "function 'main', offset 0, 'br 1': jumps to offset 1, expected 0 to 0, as the function has 1"
                            + " instruction");
            refused(
                    ofMain(I32, op(Opcode.BR_IF, -1), RETURN),
                    "function 'main', offset 1, 'br_if -1': jumps to offset -1, expected 0 to 2, as the function has 3"
                            + " instructions");
            refused(
                    ofMain(I32, op(Opcode.BR_UNLESS, 1L << 32), RETURN),
                    "function 'main', offset 1, 'br_unless 4294967296': jumps to offset 4294967296, expected 0 to 2, as"
                            + " the function has 3 instructions");
            refused(
                    ofMain(I32, brTable(2, 3), RETURN),
                    "function 'main', offset 1, 'br_table 2 3': jumps to offset 3, expected 0 to 2, as the function has"
                            + " 3 instructions");
        }

        @Test
        void brTableWithoutTargets() {
            refused(
                    ofMain(I32, brTable(), RETURN),
                    "function 'main', offset 1, 'br_table': has 0 jump targets, expected 1 to 1048576");
        }

        @Test
        void brTableWithTooManyTargets() {
            List<Integer> targets = Collections.nCopies(ProgramLimits.BRANCH_TARGETS_MAX + 1, 2);
            refused(
                    ofMain(I32, Instruction.table(Opcode.BR_TABLE, targets), RETURN),
                    "function 'main', offset 1, 'br_table 2 2 2 2 2 2 2 2 ...': has 1048577 jump targets, expected 1 to"
                            + " 1048576");
        }

        @Test
        void indexes() {
            refused(
                    new ProgramDraft().function("f", "i32 ->", "i64", op(Opcode.LOCAL_GET, 2), RETURN),
                    "function 'f', offset 0, 'local.get 2': there is no local 2; the function has 2 locals");
            refused(
                    ofMain(op(Opcode.GLOBAL_GET, 0), RETURN),
                    "function 'main', offset 0, 'global.get 0': there is no global 0; the program has 0 globals");
            refused(
                    ofMain(op(Opcode.CALL, 1), RETURN),
                    "function 'main', offset 0, 'call 1': there is no function 1; the program has 1 function");
            refused(
                    ofMain(op(Opcode.CALL_HOST, -1), RETURN),
                    "function 'main', offset 0, 'call_host -1': there is no import -1; the program has 0 imports");
            refused(
                    ofMain(I32, op(Opcode.CALL_INDIRECT, 1, 0), RETURN),
                    "function 'main', offset 1, 'call_indirect 1 0': there is no type 1; the program has 1 type");
            refused(
                    ofMain(I32, op(Opcode.CALL_INDIRECT, 0, 0), RETURN),
                    "function 'main', offset 1, 'call_indirect 0 0': there is no table 0; the program has 0 tables");
        }

        @Test
        void ranges() {
            refused(
                    ofMain(I32, op(Opcode.I32_LOAD, 1L << 32), DROP, RETURN).memory(1, 1),
                    "function 'main', offset 1, 'i32.load 4294967296': the memory offset is 4294967296, expected 0 to"
                            + " 4294967295");
            refused(
                    ofMain(op(Opcode.UNWIND, 65_536, 0), RETURN),
                    "function 'main', offset 0, 'unwind 65536 0': the count is 65536, expected 0 to 65535");
            refused(
                    ofMain(op(Opcode.I32_CONST, 1L << 31), RETURN),
                    "function 'main', offset 0, 'i32.const 2147483648': the i32 constant is 2147483648, expected"
                            + " -2147483648 to 2147483647");
            refused(
                    ofMain(op(Opcode.F32_CONST, -1), RETURN),
                    "function 'main', offset 0, 'f32.const NaN': the f32 constant (its bits) is -1, expected 0 to"
                            + " 4294967295");
        }

        @Test
        void operandsThatAnInstructionDoesNotTake() {
            refused(
                    ofMain(op(Opcode.RETURN, 1)),
                    "function 'main', offset 0, 'return': has an operand more than its 0");
            refused(
                    ofMain(op(Opcode.I32_CONST, 1, 1), RETURN),
                    "function 'main', offset 0, 'i32.const 1': has an operand more than its 1");
            refused(
                    ofMain(new Instruction(Opcode.RETURN, 0, 0, List.of(0))),
                    "function 'main', offset 0, 'return': has jump targets, which only br_table has");
            refused(
                    ofMain(I32, new Instruction(Opcode.BR_TABLE, 1, 0, List.of(0))),
                    "function 'main', offset 1, 'br_table 0': has an operand more than its 0");
        }

        @Test
        void memoryInstructionsNeedAMemory() {
            for (Opcode opcode :
                    List.of(Opcode.MEMORY_SIZE, Opcode.MEMORY_GROW, Opcode.MEMORY_COPY, Opcode.MEMORY_FILL)) {
                refused(
                        ofMain(op(opcode), RETURN),
                        "function 'main', offset 0, '" + opcode.mnemonic()
                                + "': needs a memory, and the program has none");
            }
            refused(
                    ofMain(op(Opcode.I64_STORE8), RETURN),
                    "function 'main', offset 0, 'i64.store8 0': needs a memory, and the program has none");
        }
    }

    @Nested
    @DisplayName("calls and interrupt handlers")
    class Calls {
        @Test
        void callWithWrongArguments() {
            refused(
                    ofMain(I32, op(Opcode.CALL, 1), RETURN).function("f", "i32 i64 ->", RETURN),
                    "function 'main', offset 1, 'call 1': expected [i32 i64] on top of the stack, found [i32]");
        }

        @Test
        void callPushesResults() throws VerifyException {
            accepted(ofMain(op(Opcode.CALL, 1), op(Opcode.F64_ADD), DROP, RETURN)
                    .function("f", "-> f64 f64", op(Opcode.UNREACHABLE)));
        }

        @Test
        void hostCallWithWrongArguments() {
            ProgramDraft draft = ofMain(I64, op(Opcode.CALL_HOST, 0), RETURN);
            draft.imports.add(new HostImport("tape", "print_i32", draft.type("i32 ->")));
            refused(draft, "function 'main', offset 1, 'call_host 0': expected [i32] on top of the stack, found [i64]");
        }

        @Test
        void indirectCallWithoutIndex() {
            ProgramDraft draft = ofMain(I64, op(Opcode.CALL_INDIRECT, 0, 0), RETURN);
            draft.tables.add(Table.of("operations", List.of(0, -1)));
            refused(
                    draft,
                    "function 'main', offset 1, 'call_indirect 0 0': expected i32 on top of the stack, found [i64]");
        }

        @Test
        void indirectCallPopsItsParametersBelowTheIndex() throws VerifyException {
            ProgramDraft draft = new ProgramDraft();
            draft.tables.add(Table.of("operations", List.of()));
            int type = draft.type("i64 -> f32");
            accepted(draft.function("f", "-> f32", I64, I32, op(Opcode.CALL_INDIRECT, type, 0), RETURN));
        }

        @Test
        void interruptReturnOutsideOfAHandler() {
            refused(
                    ofMain(op(Opcode.INTERRUPT_RETURN)),
                    "function 'main', offset 0, 'interrupt.return': stands only in interrupt handlers, which have type"
                            + " (i32, i64) -> (); this function has type () -> ()");
        }

        @Test
        void handlerOfAnotherType() {
            refused(
                    ofMain(I32, op(Opcode.INTERRUPT_HANDLE, 0), RETURN),
                    "function 'main', offset 1, 'interrupt.handle 0': function 'main' has type () -> (), expected"
                            + " (i32, i64) -> (), the type of interrupt handlers (signal, payload)");
        }

        @Test
        void handlers() throws VerifyException {
            accepted(ofMain(I32, op(Opcode.INTERRUPT_HANDLE, 1), RETURN)
                    .function("on_timer", "i32 i64 ->", I64, op(Opcode.INTERRUPT_RETURN)));
        }
    }

    @Nested
    @DisplayName("where an error is")
    class Places {
        private ProgramDraft broken(int source, List<Integer> lines) {
            ProgramDraft draft = ofMain(op(Opcode.NOP), DROP, RETURN);
            draft.sources.add("broken.tasm");
            return draft.change(
                    0,
                    main -> new Function(main.name(), main.type(), List.of(), List.of(), main.code(), source, lines));
        }

        @Test
        void sourceAndLine() {
            refused(
                    broken(0, List.of(4, 5, 6)),
                    "function 'main', offset 1 (broken.tasm:5), 'drop': needs a cell, and the stack is empty");
        }

        @Test
        void lineWithoutSource() {
            refused(
                    broken(-1, List.of(4, 5, 6)),
                    "function 'main', offset 1 (line 5), 'drop': needs a cell, and the stack is empty");
        }

        @Test
        void lineUnknown() {
            refused(
                    broken(0, List.of(4, 0, 6)),
                    "function 'main', offset 1, 'drop': needs a cell, and the stack is empty");
        }

        @Test
        @DisplayName("W8: a function without a name is called fn0")
        void withoutName() {
            refused(
                    new ProgramDraft().function("", "->", DROP, RETURN),
                    "function 'fn0', offset 0, 'drop': needs a cell, and the stack is empty");
        }

        @Test
        void namesCannotSpoilTheLine() {
            refused(
                    new ProgramDraft().function("a\nb\u0007" + "c".repeat(100), "->", DROP, RETURN),
                    "function 'a\\u000Ab\\u0007" + "c".repeat(56)
                            + "...', offset 0, 'drop': needs a cell, and the stack" + " is empty");
        }

        @Test
        void constantsAreShownAsNumbers() {
            refused(
                    ofMain(op(Opcode.F64_CONST, Double.doubleToRawLongBits(-0.5), 1), RETURN),
                    "function 'main', offset 0, 'f64.const -0.5': has an operand more than its 1");
        }
    }

    @Nested
    @DisplayName("types, imports and functions")
    class Definitions {
        @Test
        void typesDiffer() {
            ProgramDraft draft = ofMain(RETURN);
            draft.types.add(draft.types.get(0));
            refused(draft, "type 1 is () -> (), as type 0 is already; use that one, as types must differ");
        }

        @Test
        void parametersAndResults() throws VerifyException {
            ProgramDraft draft = new ProgramDraft();
            draft.types.add(new FunctionType(
                    Collections.nCopies(1_000, ValueType.I32), Collections.nCopies(1_000, ValueType.F32)));
            accepted(draft);
            draft.types.add(new FunctionType(Collections.nCopies(1_001, ValueType.I32), List.of()));
            refused(draft, "too many parameters of type 1: 1001, expected at most 1000");
            draft.types.set(1, new FunctionType(List.of(), Collections.nCopies(1_001, ValueType.I32)));
            refused(draft, "too many results of type 1: 1001, expected at most 1000");
        }

        @Test
        void parametersAndResultsOfAllTypes() {
            ProgramDraft draft = new ProgramDraft();
            for (int i = 0; i <= 1_100; i++) {
                // Different in one parameter, whose place or type tells i.
                ValueType[] parameters =
                        Collections.nCopies(1_000, ValueType.I32).toArray(new ValueType[0]);
                parameters[i % 1_000] = i < 1_000 ? ValueType.I64 : ValueType.F32;
                draft.types.add(new FunctionType(List.of(parameters), List.of()));
            }
            refused(draft, "too many parameters and results of all types: 1049000, expected at most 1048576");
        }

        @Test
        void imports() {
            ProgramDraft draft = ofMain(RETURN);
            draft.imports.add(new HostImport("tape", "", 0));
            refused(draft, "import 0 is 'tape.', expected a module and a name that are not empty");
            draft.imports.set(0, new HostImport("", "exit", 0));
            refused(draft, "import 0 is '.exit', expected a module and a name that are not empty");
            draft.imports.set(0, new HostImport("tape", "exit", 1));
            refused(draft, "import 0 refers to type 1, but the program has 1 type");
        }

        private ProgramDraft changed(Function function) {
            ProgramDraft draft = ofMain(RETURN);
            draft.functions.set(0, function);
            return draft;
        }

        @Test
        void functions() {
            List<Instruction> code = List.of(RETURN);
            refused(
                    changed(new Function("f", 1, List.of(), List.of(), code, -1, List.of())),
                    "function 'f' refers to type 1, but the program has 1 type");
            refused(
                    changed(new Function("f", -1, List.of(), List.of(), code, -1, List.of())),
                    "function 'f' refers to type -1, but the program has 1 type");
            refused(
                    changed(new Function("f", 0, List.of(), List.of(), List.of(), -1, List.of())),
                    "function 'f' has no instructions, expected at least a return");
            refused(
                    changed(new Function("f", 0, List.of(ValueType.I32), List.of("i", "j"), code, -1, List.of())),
                    "function 'f' has 2 local names, expected at most 1, one for each parameter and local");
            refused(
                    changed(new Function("f", 0, List.of(), List.of(), code, 0, List.of())),
                    "function 'f' refers to source 0, but the program has 0 sources");
            refused(
                    changed(new Function("f", 0, List.of(), List.of(), code, -2, List.of())),
                    "function 'f' refers to source -2, but the program has 0 sources");
            refused(
                    changed(new Function("f", 0, List.of(), List.of(), code, -1, List.of(1, 2))),
                    "function 'f' has 2 line numbers for 1 instructions, expected one for each, or none");
            refused(
                    changed(new Function("f", 0, List.of(), List.of(), code, -1, List.of(-1))),
                    "function 'f', offset 0: the source line is -1, expected 1 or more, or 0 if unknown");
            SourceLines elsewhere = new SourceLines.Builder().add(1, 7, 1).build(-1);
            refused(
                    changed(new Function("f", 0, List.of(), List.of(), code, elsewhere)),
                    "function 'f', offset 0 refers to source 7, but the program has 0 sources");
        }

        @Test
        void locals() {
            refused(
                    changed(new Function(
                            "f",
                            0,
                            Collections.nCopies(50_001, ValueType.I32),
                            List.of(),
                            List.of(RETURN),
                            -1,
                            List.of())),
                    "too many parameters and locals of function 'f': 50001, expected at most 50000");
            ProgramDraft draft = ofMain(RETURN);
            Function wide = new Function(
                    "f", 0, Collections.nCopies(50_000, ValueType.I32), List.of(), List.of(RETURN), -1, List.of());
            draft.functions.addAll(Collections.nCopies(168, wide));
            refused(draft, "too many locals of all functions: 8400000, expected at most 8388608");
        }

        @Test
        void localNames() {
            ProgramDraft draft = ofMain(RETURN);
            List<String> names = Collections.nCopies(1_000, "i");
            draft.types.add(new FunctionType(Collections.nCopies(1_000, ValueType.I32), List.of()));
            Function named = new Function("f", 1, List.of(), names, List.of(RETURN), -1, List.of());
            draft.functions.addAll(Collections.nCopies(8_389, named));
            refused(draft, "too many names of locals of all functions: 8389000, expected at most 8388608");
        }

        @Test
        void instructions() {
            List<Instruction> code = Collections.nCopies(ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX + 1, RETURN);
            refused(
                    changed(new Function("f", 0, List.of(), List.of(), code, -1, List.of())),
                    "too many instructions of function 'f': 4194305, expected at most 4194304");
            ProgramDraft draft = new ProgramDraft();
            Instruction table =
                    Instruction.table(Opcode.BR_TABLE, Collections.nCopies(ProgramLimits.BRANCH_TARGETS_MAX, 2));
            for (int i = 0; i < 8; i++) {
                draft.function("f" + i, "->", I32, table, RETURN);
            }
            refused(draft, "too many instructions and jump targets: 8388632, expected at most 8388608");
        }

        @Test
        void entry() {
            ProgramDraft draft = ofMain(RETURN);
            draft.entry = 1;
            refused(draft, "the entry refers to function 1, but the program has 1 function");
            draft.entry = -2;
            refused(draft, "the entry refers to function -2, but the program has 1 function");
        }

        @Test
        void globals() throws VerifyException {
            ProgramDraft draft = new ProgramDraft();
            draft.globals.add(new Global("big", ValueType.I32, true, 1L << 31));
            refused(
                    draft,
                    "the initial value of global 0 is the cell 2147483648, which is no i32: expected 32 bits,"
                            + " sign-extended to 64");
            draft.globals.set(0, new Global("nan", ValueType.F32, true, 0xFFC0_0000L));
            refused(
                    draft,
                    "the initial value of global 0 is the cell 4290772992, which is no f32: expected 32 bits,"
                            + " sign-extended to 64");
            draft.globals.set(0, new Global("nan", ValueType.F32, true, (int) 0xFFC0_0000L));
            accepted(draft);
        }

        @Test
        void tables() {
            ProgramDraft draft = ofMain(RETURN);
            draft.tables.add(Table.of("t", List.of(0, -1, 1)));
            refused(draft, "element 2 of table 0 refers to function 1, but the program has 1 function");
            draft.tables.set(0, Table.of("t", List.of(-2)));
            refused(draft, "element 0 of table 0 refers to function -2, but the program has 1 function");
            draft.tables.set(0, Table.of("t", Collections.nCopies(ProgramLimits.TABLE_ELEMENTS_MAX + 1, -1)));
            refused(draft, "too many table elements: 8388609, expected at most 8388608");
        }

        @Test
        void exports() {
            ProgramDraft draft = ofMain(RETURN);
            draft.exports.add(new Export("run", 0));
            draft.exports.add(new Export("run", 0));
            refused(draft, "two exports are named 'run'; rename one");
            draft.exports.set(1, new Export("", 0));
            refused(draft, "export 1 has no name");
            draft.exports.set(1, new Export("go", 1));
            refused(draft, "export 'go' refers to function 1, but the program has 1 function");
        }

        @Test
        void namesAreUnicode() {
            ProgramDraft draft = new ProgramDraft();
            draft.name = "ab\uD800";
            refused(draft, "the program's name is not Unicode text: half of a surrogate pair, U+D800, at 2");
            draft.name = "\uDC00";
            refused(draft, "the program's name is not Unicode text: half of a surrogate pair, U+DC00, at 0");
        }

        /** A name that no file can hold: half of a character. */
        private static final String BROKEN = "a\uD800";

        private void nameRefused(String what, Consumer<ProgramDraft> spoil) {
            ProgramDraft draft = ofMain(RETURN);
            spoil.accept(draft);
            refused(draft, what + " is not Unicode text: half of a surrogate pair, U+D800, at 1");
        }

        private void testNameRefused(String what, UnaryOperator<TestDraft> spoil) {
            nameRefused("test 't'" + what, draft -> {
                draft.entry = 0;
                draft.tests.add(spoil.apply(new TestDraft("t")).build());
            });
        }

        @Test
        void everyNameIsUnicode() {
            nameRefused("the module of import 0", draft -> draft.imports.add(new HostImport(BROKEN, "n", 0)));
            nameRefused("the name of import 0", draft -> draft.imports.add(new HostImport("m", BROKEN, 0)));
            nameRefused("source 0", draft -> draft.sources.add(BROKEN));
            nameRefused("the name of function 1", draft -> draft.function(BROKEN, "->", RETURN));
            nameRefused(
                    "the name of a local of function 'main'",
                    draft -> draft.change(
                            0,
                            main -> new Function(
                                    "main", 0, List.of(ValueType.I32), List.of(BROKEN), main.code(), -1, List.of())));
            nameRefused(
                    "the name of global 0", draft -> draft.globals.add(new Global(BROKEN, ValueType.I32, false, 0)));
            nameRefused(
                    "the name of data segment 0",
                    draft -> draft.data.add(new DataSegment(BROKEN, DataSegment.PASSIVE, new byte[0])));
            nameRefused("the name of table 0", draft -> draft.tables.add(Table.of(BROKEN, List.of())));
            nameRefused(
                    "the name of element segment 0",
                    draft -> draft.elements.add(new ElementSegment(BROKEN, ValueType.FUNCREF, List.of())));
            nameRefused("the name of export 0", draft -> draft.exports.add(new Export(BROKEN, 0)));
            nameRefused(
                    "the name of test 0",
                    draft -> draft.tests.add(new TestDraft(BROKEN).run("main").build()));
        }

        @Test
        void everyNameInATestIsUnicode() {
            testNameRefused(": the function", test -> test.run(BROKEN));
            testNameRefused(": a tag", test -> test.tags(BROKEN));
            testNameRefused(": a resource", test -> test.locks(new ResourceLock(BROKEN, ResourceLock.Mode.READ)));
            testNameRefused(": the expected fault", test -> test.expectFault(BROKEN));
            testNameRefused(": the reason for being disabled", test -> test.disabled(BROKEN));
            testNameRefused(
                    ": an argument", test -> test.system(new TestSystem(List.of(BROKEN), List.of(), List.of())));
            testNameRefused(
                    ": a variable's name",
                    test -> test.system(
                            new TestSystem(List.of(), List.of(new TestSystem.Variable(BROKEN, "")), List.of())));
            testNameRefused(
                    ": a variable's value",
                    test -> test.system(
                            new TestSystem(List.of(), List.of(new TestSystem.Variable("v", BROKEN)), List.of())));
            testNameRefused(
                    ": the path of a file",
                    test -> test.system(
                            new TestSystem(List.of(), List.of(), List.of(new TestSystem.File(BROKEN, "")))));
        }

        @Test
        void namesThatAreNotNormal() throws VerifyException {
            ProgramDraft draft = new ProgramDraft();
            draft.name = "\u0000 \uD83D\uDE00 \n";
            accepted(draft);
            draft.name = "n".repeat(ProgramLimits.NAME_CHARS_MAX);
            accepted(draft);
            draft.name += "n";
            refused(draft, "too many characters in the program's name: 65537, expected at most 65536");
        }

        @Test
        void counts() {
            ProgramDraft draft = new ProgramDraft();
            draft.sources.addAll(Collections.nCopies(ProgramLimits.SOURCES_MAX + 1, "s"));
            refused(draft, "too many sources: 65537, expected at most 65536");
            draft.imports.addAll(Collections.nCopies(ProgramLimits.IMPORTS_MAX + 1, new HostImport("m", "n", 0)));
            refused(draft, "too many imports: 65537, expected at most 65536");
            draft.types.addAll(
                    Collections.nCopies(ProgramLimits.TYPES_MAX + 1, new FunctionType(List.of(), List.of())));
            refused(draft, "too many types: 65537, expected at most 65536");

            draft = ofMain(RETURN);
            draft.functions.addAll(Collections.nCopies(ProgramLimits.FUNCTIONS_MAX, draft.functions.get(0)));
            refused(draft, "too many functions: 262145, expected at most 262144");

            draft = ofMain(RETURN);
            draft.exports.addAll(Collections.nCopies(ProgramLimits.EXPORTS_MAX + 1, new Export("e", 0)));
            refused(draft, "too many exports: 1048577, expected at most 1048576");
            draft.tables.addAll(Collections.nCopies(ProgramLimits.TABLES_MAX + 1, Table.of("", List.of())));
            refused(draft, "too many tables: 65537, expected at most 65536");
            draft.globals.addAll(
                    Collections.nCopies(ProgramLimits.GLOBALS_MAX + 1, new Global("", ValueType.I32, false, 0)));
            refused(draft, "too many globals: 1048577, expected at most 1048576");

            draft = ofMain(RETURN);
            draft.memories.addAll(Collections.nCopies(ProgramLimits.MEMORIES_MAX, new MemoryType(0, 0)));
            Program most = draft.build();
            assertThatCode(() -> Verifier.verify(most)).doesNotThrowAnyException();
            refused(draft.memory(0, 0), "too many memories: 1025, expected at most 1024");
            draft = ofMain(RETURN);
            draft.elements.addAll(Collections.nCopies(
                    ProgramLimits.ELEMENT_SEGMENTS_MAX + 1, new ElementSegment("", ValueType.FUNCREF, List.of())));
            refused(draft, "too many element segments: 1048577, expected at most 1048576");
        }

        @Test
        void tablesAndSegments() throws VerifyException {
            tableRefused(
                    new Table("", ValueType.FUNCREF, 0, Table.ELEMENTS_MAX + 1, List.of()),
                    "the maximum size of table 0 is 10000001 elements, expected 0 to 10000000");
            tableRefused(
                    new Table("", ValueType.FUNCREF, 3, 2, List.of()),
                    "the size of table 0 at the start is 3 elements, expected 0 to 2, the maximum size");
            tableRefused(
                    new Table("", ValueType.FUNCREF, 1, 2, List.of(0, 0)),
                    "table 0 is given 2 elements, expected at most 1, its size at the start");
            tableRefused(new Table("", ValueType.I32, 1, 2, List.of()), "table 0 holds i32, expected a reference type");
            tableRefused(
                    new Table("", ValueType.EXTERNREF, 1, 2, List.of(0)),
                    "element 0 of table 0 is a function, expected null, as it holds externref");
            ProgramDraft draft = ofMain(RETURN);
            draft.tables.add(new Table("", ValueType.EXTERNREF, 2, Table.ELEMENTS_MAX, List.of(-1, -1)));
            accepted(draft);
            draft.elements.add(new ElementSegment("", ValueType.FUNCREF, List.of(-1, 0, 1)));
            refused(draft, "element 2 of element segment 0 refers to function 1, but the program has 1 function");
        }

        private void tableRefused(Table table, String message) {
            ProgramDraft draft = ofMain(RETURN);
            draft.tables.add(table);
            refused(draft, message);
        }

        @Test
        void referencesInGlobals() throws VerifyException {
            ProgramDraft draft = ofMain(RETURN);
            draft.globals.add(new Global("", ValueType.FUNCREF, false, 1));
            draft.globals.add(new Global("", ValueType.EXTERNREF, false, Long.MAX_VALUE));
            accepted(draft);
            draft.globals.set(0, new Global("", ValueType.FUNCREF, false, 2));
            refused(
                    draft,
                    "the initial value of global 0 is the cell 2, which is no funcref: expected 0 to 1, a function's"
                            + " number plus 1, as the program has 1 function");
        }

        @Test
        void typeOfNull() {
            refused(
                    ofMain(op(Opcode.REF_NULL, ValueType.I32.code()), DROP, RETURN),
                    "function 'main', offset 0, 'ref.null 127': the operand 127 is no reference type, expected that of"
                            + " funcref, 112, or externref, 111");
        }
    }

    @Nested
    @DisplayName("memory and data")
    class Memory {
        @Test
        void sizes() throws VerifyException {
            accepted(ofMain(RETURN).memory(65_536, 65_536));
            accepted(ofMain(RETURN).memory(0, 0));
            refused(ofMain(RETURN).memory(0, 65_537), "the maximum memory size is 65537 pages, expected 0 to 65536");
            refused(ofMain(RETURN).memory(0, -1), "the maximum memory size is -1 pages, expected 0 to 65536");
            refused(
                    ofMain(RETURN).memory(2, 1),
                    "the initial memory size is 2 pages, expected 0 to 1, the maximum size");
            refused(
                    ofMain(RETURN).memory(-1, 1),
                    "the initial memory size is -1 pages, expected 0 to 1, the maximum size");
        }

        private ProgramDraft withData(ProgramDraft draft, String name, long address, int length) {
            draft.data.add(new DataSegment(name, address, new byte[length]));
            return draft;
        }

        @Test
        void dataInsideOfInitialMemory() throws VerifyException {
            accepted(withData(ofMain(RETURN).memory(1, 2), "all", 0, 65_536));
            accepted(withData(ofMain(RETURN).memory(1, 2), "behind", 65_536, 0));
            accepted(withData(ofMain(RETURN).memory(65_536, 65_536), "top", 0xFFFF_FFFFL, 1));
            refused(
                    withData(ofMain(RETURN).memory(1, 2), "greeting", 65_530, 7),
                    "data segment 0 'greeting' has 7 bytes at address 65530, which is not inside the initial memory of"
                            + " 65536 bytes; enlarge the memory");
            refused(
                    withData(ofMain(RETURN).memory(1, 2), "", -2, 1),
                    "data segment 0 has 1 bytes at address -2, which is not inside the initial memory of 65536 bytes;"
                            + " enlarge the memory");
            refused(
                    withData(ofMain(RETURN).memory(1, 2), "", Long.MAX_VALUE, 1),
                    "data segment 0 has 1 bytes at address 9223372036854775807, which is not inside the initial memory"
                            + " of 65536 bytes; enlarge the memory");
        }

        @Test
        void dataWithoutMemory() {
            refused(
                    withData(ofMain(RETURN), "greeting", 0, 0),
                    "data segment 0 'greeting' needs a memory, and the program has none");
        }

        @Test
        void tooMuchData() {
            ProgramDraft draft = withData(ofMain(RETURN).memory(65_536, 65_536), "", 0, 1 << 20);
            draft.data.addAll(Collections.nCopies(128, draft.data.get(0)));
            refused(draft, "too many bytes of data: 135266304, expected at most 134217728");
            draft.data.addAll(Collections.nCopies(ProgramLimits.DATA_SEGMENTS_MAX, draft.data.get(0)));
            refused(draft, "too many data segments: 1048705, expected at most 1048576");
        }
    }

    @Nested
    @DisplayName("tests")
    class Tests {
        private final ProgramDraft draft = new ProgramDraft().function("add", "i32 i64 -> f32", op(Opcode.UNREACHABLE));

        private ProgramDraft with(TestDraft... tests) {
            for (TestDraft test : tests) {
                draft.tests.add(test.build());
            }
            return draft;
        }

        private TestDraft test() {
            return new TestDraft("t").run("add", 1L, 2L);
        }

        @Test
        void names() {
            refused(with(new TestDraft("")), "test 0 has no name");
            draft.tests.clear();
            refused(with(test(), test()), "two tests are named 't'; rename one");
        }

        @Test
        void theEntry() {
            refused(
                    with(new TestDraft("t")),
                    "test 't' runs the program's entry, and the program has none; name an entry or a function");
        }

        @Test
        void noSuchFunction() {
            refused(with(new TestDraft("t").run("sub")), "test 't': there is no function or export 'sub'");
        }

        @Test
        void severalFunctionsOfOneName() throws VerifyException {
            draft.function("add", "->", RETURN);
            refused(with(test()), "test 't': several functions are named 'add'; export the one that is meant");
            draft.exports.add(new Export("add", 0));
            accepted(draft);
        }

        @Test
        void arguments() {
            refused(
                    with(new TestDraft("t").run("add", 1L)),
                    "test 't' has 1 argument, expected 2, as the function has 2 parameters");
            draft.tests.clear();
            refused(
                    with(new TestDraft("t").run("add", 1L << 40, 0L)),
                    "test 't': argument 0 is the cell 1099511627776, which is no i32: expected 32 bits, sign-extended to"
                            + " 64");
        }

        @Test
        void results() {
            refused(
                    with(test().expectResults()),
                    "test 't' has 0 expected results, expected 1, as the function has 1 result");
            draft.tests.clear();
            refused(
                    with(test().expectResults(1L << 40)),
                    "test 't': expected result 0 is the cell 1099511627776, which is no f32: expected 32 bits,"
                            + " sign-extended to 64");
        }

        @Test
        void tags() {
            refused(
                    with(test().tags("fast", "")),
                    "test 't' has the tag '', expected a word without white space and without any of ,()&|!");
            for (String tag : List.of("a b", "a\tb", "a,b", "a(", ")", "a&b", "a|b", "!a")) {
                draft.tests.clear();
                refused(
                        with(test().tags(tag)),
                        "test 't' has the tag '" + tag.replace("\t", "\\u0009")
                                + "', expected a word without white space and without any of ,()&|!");
            }
            draft.tests.clear();
            refused(
                    with(test().tags("x".repeat(257))),
                    "too many characters in a tag of test 't': 257, expected at most 256");
        }

        @Test
        void resourceLocks() {
            for (String resource : List.of("", " ", "a\tb")) {
                draft.tests.clear();
                refused(
                        with(test().locks(new ResourceLock(resource, ResourceLock.Mode.READ))),
                        "test 't' locks the resource '" + resource.replace("\t", "\\u0009")
                                + "', expected a name without control characters");
            }
            draft.tests.clear();
            refused(
                    with(test().locks(
                                    new ResourceLock("disk", ResourceLock.Mode.READ),
                                    new ResourceLock("disk", ResourceLock.Mode.READ_WRITE))),
                    "test 't' locks the resource 'disk' twice");
        }

        @Test
        void longResource() {
            refused(
                    with(test().locks(new ResourceLock("r".repeat(257), ResourceLock.Mode.READ))),
                    "too many characters in a resource of test 't': 257, expected at most 256");
        }

        @Test
        void manyLocks() {
            ResourceLock[] locks = new ResourceLock[65_537];
            Arrays.setAll(locks, i -> new ResourceLock("r" + i, ResourceLock.Mode.READ));
            refused(with(test().locks(locks)), "too many resource locks of all tests: 65537, expected at most 65536");
        }

        @Test
        void timeout() {
            refused(
                    with(test().timeoutMillis(0)),
                    "test 't': the timeout is 0 ms, expected whole milliseconds from 1 to 31536000000");
        }

        @Test
        void inputAndOutputAreBytes() {
            refused(
                    with(test().input("ab\u0100")),
                    "test 't': the input has U+0100 at 2, expected chars that stand for one byte each, up to U+00FF");
            draft.tests.clear();
            refused(
                    with(test().expectOutput("\uFFFF")),
                    "test 't': the expected output has U+FFFF at 0, expected chars that stand for one byte each, up to"
                            + " U+00FF");
            draft.tests.clear();
            refused(
                    with(test().input("x".repeat(ProgramLimits.TEXT_BYTES_MAX + 1))),
                    "too many bytes of test 't': the input: 16777217, expected at most 16777216");
        }

        @Test
        void limits() {
            refused(with(test().instructionLimit(-1)), "test 't': the instruction limit is -1, expected 0 or more");
            draft.tests.clear();
            refused(with(test().line(-1)), "test 't': the source line is -1, expected 1 or more, or 0 if unknown");
            draft.tests.clear();
            refused(with(test().expectFault("")), "test 't': the expected fault has no name");
        }

        @Test
        void interrupts() throws VerifyException {
            accepted(with(test().interrupt(5, 1, 0).interrupt(5, 31, 0)));
            draft.tests.clear();
            refused(with(test().interrupt(0, 0, 0)), "test 't': interrupt 0 has signal 0, expected 1 to 31");
            draft.tests.clear();
            refused(with(test().interrupt(0, 32, 0)), "test 't': interrupt 0 has signal 32, expected 1 to 31");
            draft.tests.clear();
            refused(
                    with(test().interrupt(-1, 1, 0)),
                    "test 't': interrupt 0 comes at instruction count -1, expected 0 or more, as they stand in order");
            draft.tests.clear();
            refused(
                    with(test().interrupt(6, 1, 0).interrupt(5, 1, 0)),
                    "test 't': interrupt 1 comes at instruction count 5, expected 6 or more, as they stand in order");
        }

        private ProgramDraft withSystem(TestSystem system) {
            draft.tests.clear();
            return with(test().system(system));
        }

        @Test
        void systems() throws VerifyException {
            for (String name : List.of("", "a=b")) {
                refused(
                        withSystem(new TestSystem(List.of(), List.of(new TestSystem.Variable(name, "")), List.of())),
                        "test 't': '" + name + "' cannot be the name of a variable of the environment");
            }
            refused(
                    withSystem(new TestSystem(List.of("a\0"), List.of(), List.of())),
                    "test 't': an argument has a zero character");
            refused(
                    withSystem(new TestSystem(List.of(), List.of(), List.of(new TestSystem.File("f", "\u0100")))),
                    "test 't': the content of a file has U+0100 at 0, expected chars that stand for one byte each, up"
                            + " to U+00FF");
            List<String> arguments = Collections.nCopies(ProgramLimits.TEST_TEXTS_MAX, "a");
            accepted(withSystem(new TestSystem(arguments, List.of(), List.of())));
            refused(
                    withSystem(new TestSystem(arguments, List.of(new TestSystem.Variable("v", "")), List.of())),
                    "too many arguments, variables and files of all tests: 65537, expected at most 65536");
        }

        private ProgramDraft withState(StateExpectation... expectations) {
            draft.tests.clear();
            return with(test().expectState(expectations));
        }

        @Test
        void states() throws VerifyException {
            draft.globals.add(new Global("g", ValueType.F32, false, 0));
            draft.memory(1, 1);
            accepted(withState(
                    new StateExpectation.GlobalValue(0, -1), new StateExpectation.MemoryBytes(0, 0xFFFF_FFFFL, "a")));
            refused(
                    withState(new StateExpectation.GlobalValue(1, 0)),
                    "test 't': an expected global refers to global 1, but the program has 1 global");
            refused(
                    withState(new StateExpectation.GlobalValue(0, 1L << 40)),
                    "test 't': the expected value of global 0 is the cell 1099511627776, which is no f32: expected 32"
                            + " bits, sign-extended to 64");
            refused(
                    withState(new StateExpectation.MemoryBytes(1, 0, "a")),
                    "test 't': an expected memory refers to memory 1, but the program has 1 memory");
            refused(
                    withState(new StateExpectation.MemoryBytes(0, 0, "")),
                    "test 't': the expected memory is 0 bytes at address 0, expected 1 or more inside of 4 GiB");
            for (long address : new long[] {-1, 0xFFFF_FFFFL, Long.MAX_VALUE}) {
                refused(
                        withState(new StateExpectation.MemoryBytes(0, address, "ab")),
                        "test 't': the expected memory is 2 bytes at address " + address
                                + ", expected 1 or more inside of 4 GiB");
            }
            refused(
                    withState(new StateExpectation.MemoryBytes(0, 0, "\u0100")),
                    "test 't': the expected memory has U+0100 at 0, expected chars that stand for one byte each, up to"
                            + " U+00FF");
            StateExpectation half = new StateExpectation.MemoryBytes(0, 0, "x".repeat(1 << 23));
            accepted(withState(half, half));
            refused(
                    withState(half, half, new StateExpectation.MemoryBytes(0, 0, "x")),
                    "too many bytes of memory that all tests expect: 16777217, expected at most 16777216");
            StateExpectation[] many = new StateExpectation[ProgramLimits.STATE_EXPECTATIONS_MAX];
            Arrays.fill(many, new StateExpectation.RegisterValue(StateExpectation.Register.SP, 0));
            accepted(withState(many));
            draft.tests.add(test().named("u").expectState(many[0]).build());
            refused(draft, "too many expectations of the state of all tests: 65537, expected at most 65536");
        }

        @Test
        void tooMany() {
            TestDraft busy = test();
            for (int i = 0; i < 1 << 10; i++) {
                busy.interrupt(i, 1, 0);
            }
            for (int i = 0; i <= 1 << 10; i++) {
                draft.tests.add(busy.named("t" + i).build());
            }
            refused(draft, "too many scheduled interrupts of all tests: 1049600, expected at most 1048576");

            draft.tests.clear();
            draft.tests.addAll(Collections.nCopies(ProgramLimits.TESTS_MAX + 1, test().build()));
            refused(draft, "too many tests: 65537, expected at most 65536");

            draft.tests.clear();
            TestDraft tagged = test().tags(Collections.nCopies(513, "x").toArray(new String[0]));
            for (int i = 0; i < 512; i++) {
                draft.tests.add(tagged.named("t" + i).build());
            }
            refused(draft, "too many tags of all tests: 262656, expected at most 262144");

            ProgramDraft wide = new ProgramDraft();
            wide.types.add(new FunctionType(Collections.nCopies(1_000, ValueType.I32), List.of()));
            wide.functions.add(new Function("f", 0, List.of(), List.of(), List.of(RETURN), -1, List.of()));
            Long[] arguments = Collections.nCopies(1_000, 0L).toArray(new Long[0]);
            for (int i = 0; i <= 1_048; i++) {
                wide.tests.add(new TestDraft("t" + i).run("f", arguments).build());
            }
            refused(wide, "too many arguments and expected results of all tests: 1049000, expected at most 1048576");
        }
    }
}
