package dev.tapedeck.vm.program;

import static dev.tapedeck.vm.program.ProgramDraft.brTable;
import static dev.tapedeck.vm.program.ProgramDraft.op;
import static dev.tapedeck.vm.program.ProgramDraft.valueTypes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.Table;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ContentHashTest {
    private static final Instruction RETURN = op(Opcode.RETURN);

    /** Function 0 uses a bit of everything that has an index; function 1 is what it calls. */
    private static ProgramDraft draft() {
        ProgramDraft draft = new ProgramDraft();
        draft.imports.add(new HostImport("tape", "print_i32", draft.type("i32 ->")));
        draft.globals.add(new Global("counter", ValueType.I32, true, 5));
        draft.tables.add(Table.of("operations", List.of(1)));
        int callee = draft.type("i32 -> i32");
        draft.function(
                "main",
                "->",
                "i64",
                op(Opcode.GLOBAL_GET, 0),
                op(Opcode.CALL, 1),
                op(Opcode.I32_CONST, 0),
                op(Opcode.CALL_INDIRECT, callee, 0),
                op(Opcode.CALL_HOST, 0),
                op(Opcode.I64_CONST, 12),
                op(Opcode.LOCAL_SET, 0),
                RETURN);
        draft.function("twice", "i32 -> i32", op(Opcode.LOCAL_GET, 0), RETURN);
        return draft;
    }

    private static ContentHash hash(ProgramDraft draft, int function) {
        return ContentHash.of(draft.build(), function);
    }

    private static final ContentHash ORIGINAL = hash(draft(), 0);

    @Nested
    @DisplayName("H11: the hash stays the same")
    class Same {
        private void same(Consumer<ProgramDraft> change) {
            ProgramDraft draft = draft();
            change.accept(draft);
            assertThat(hash(draft, 0)).isEqualTo(ORIGINAL);
        }

        @Test
        void withDebugInformation() {
            same(draft -> {
                draft.sources.add("main.tasm");
                draft.change(
                        0,
                        main -> new Function(
                                "main",
                                main.type(),
                                main.locals(),
                                List.of("i"),
                                main.code(),
                                0,
                                List.of(1, 2, 3, 4, 5, 6, 7, 8)));
            });
        }

        @Test
        void whenThingsAreRenamed() {
            same(draft -> {
                draft.name = "renamed";
                UnaryOperator<Function> renamed = function -> new Function(
                        "renamed", function.type(), function.locals(), List.of(), function.code(), function.lines());
                draft.change(0, renamed);
                draft.change(1, renamed);
                draft.globals.set(0, new Global("renamed", ValueType.I32, true, 5));
                draft.tables.set(0, Table.of("renamed", List.of(1)));
            });
        }

        @Test
        void whenThingsAreAddedBehind() {
            same(draft -> {
                draft.globals.add(new Global("more", ValueType.F64, false, 1));
                draft.imports.add(new HostImport("tape", "clock", draft.type("-> i64")));
                draft.function("more", "f32 -> f64", op(Opcode.UNREACHABLE));
                draft.entry = 0;
                draft.memory(1, 1);
                draft.tests.add(new TestDraft("t").build());
            });
        }

        /** The same as {@link #draft()}, but every index is one more. */
        @Test
        void whenThingsAreAddedBeforeAndReordered() {
            ProgramDraft draft = new ProgramDraft();
            draft.type("f64 f64 -> f32");
            draft.imports.add(new HostImport("tape", "clock", draft.type("-> i64")));
            draft.imports.add(new HostImport("tape", "print_i32", draft.type("i32 ->")));
            draft.globals.add(new Global("more", ValueType.F64, true, 5));
            draft.globals.add(new Global("counter", ValueType.I32, true, 5));
            draft.tables.add(Table.of("more", List.of()));
            draft.tables.add(Table.of("operations", List.of(1)));
            int callee = draft.type("i32 -> i32");
            draft.function("inserted", "f32 ->", RETURN);
            draft.function("twice", "i32 -> i32", op(Opcode.LOCAL_GET, 0), RETURN);
            draft.function(
                    "main",
                    "->",
                    "i64",
                    op(Opcode.GLOBAL_GET, 1),
                    op(Opcode.CALL, 1),
                    op(Opcode.I32_CONST, 0),
                    op(Opcode.CALL_INDIRECT, callee, 1),
                    op(Opcode.CALL_HOST, 1),
                    op(Opcode.I64_CONST, 12),
                    op(Opcode.LOCAL_SET, 0),
                    RETURN);
            assertThat(hash(draft, 2)).isEqualTo(ORIGINAL);
        }

        @Test
        @DisplayName("when a callee changes, or another one of its type is called")
        void whenACalleeChanges() {
            same(draft -> draft.change(
                    1,
                    twice -> new Function(
                            "thrice",
                            twice.type(),
                            List.of(),
                            List.of(),
                            List.of(op(Opcode.I32_CONST, 3), RETURN),
                            -1,
                            List.of())));
        }
    }

    @Nested
    @DisplayName("H11: the hash changes")
    class Different {
        private void different(Consumer<ProgramDraft> change) {
            ProgramDraft draft = draft();
            change.accept(draft);
            assertThat(hash(draft, 0)).isNotEqualTo(ORIGINAL);
        }

        private void differentCode(int offset, Instruction instruction) {
            different(draft -> draft.change(0, main -> {
                List<Instruction> code = new ArrayList<>(main.code());
                code.set(offset, instruction);
                return new Function(main.name(), main.type(), main.locals(), List.of(), code, -1, List.of());
            }));
        }

        @Test
        void withAnotherConstantOrInstruction() {
            differentCode(5, op(Opcode.I64_CONST, 13));
            differentCode(0, op(Opcode.I32_CONST, 5));
            differentCode(6, op(Opcode.DROP));
            differentCode(7, op(Opcode.UNREACHABLE));
        }

        @Test
        void withAnotherType() {
            different(draft -> {
                int type = draft.type("f32 ->");
                draft.change(
                        0,
                        main -> new Function(main.name(), type, main.locals(), List.of(), main.code(), -1, List.of()));
            });
        }

        @Test
        void withOtherLocals() {
            for (String locals : List.of("", "i32", "i64 i64")) {
                different(draft -> draft.change(
                        0,
                        main -> new Function(
                                main.name(), main.type(), valueTypes(locals), List.of(), main.code(), -1, List.of())));
            }
        }

        @Test
        void withAnotherGlobal() {
            different(draft -> draft.globals.set(0, new Global("counter", ValueType.I32, true, 6)));
            different(draft -> draft.globals.set(0, new Global("counter", ValueType.I32, false, 5)));
            different(draft -> draft.globals.set(0, new Global("counter", ValueType.I64, true, 5)));
        }

        @Test
        void withAnotherHostFunction() {
            int printed = 0;
            different(draft -> draft.imports.set(0, new HostImport("tape", "print_i64", printed)));
            different(draft -> draft.imports.set(0, new HostImport("env", "print_i32", printed)));
            different(draft -> draft.imports.set(0, new HostImport("tape", "print_i32", draft.type("i64 ->"))));
            // The same letters, divided in another way.
            different(draft -> draft.imports.set(0, new HostImport("tapep", "rint_i32", printed)));
        }

        @Test
        void withACalleeOfAnotherType() {
            different(draft -> draft.change(
                    1,
                    twice -> new Function(
                            twice.name(),
                            draft.type("i32 -> i64"),
                            List.of(),
                            List.of(),
                            twice.code(),
                            -1,
                            List.of())));
        }
    }

    @Test
    @DisplayName("H11: recursion and mutual recursion hash without names")
    void recursion() {
        ProgramDraft mutual = new ProgramDraft()
                .function("even", "i32 -> i32", op(Opcode.LOCAL_GET, 0), op(Opcode.CALL, 1), RETURN)
                .function("odd", "i32 -> i32", op(Opcode.LOCAL_GET, 0), op(Opcode.CALL, 0), RETURN);
        ProgramDraft self = new ProgramDraft()
                .function("forever", "i32 -> i32", op(Opcode.LOCAL_GET, 0), op(Opcode.CALL, 0), RETURN);
        assertThat(hash(mutual, 0)).isEqualTo(hash(mutual, 1)).isEqualTo(hash(self, 0));
    }

    @Test
    @DisplayName("H11: identical bodies are interchangeable")
    void identicalBodies() {
        ProgramDraft draft = draft().function("again", "i32 -> i32", op(Opcode.LOCAL_GET, 0), RETURN);
        assertThat(hash(draft, 2)).isEqualTo(hash(draft, 1)).isNotEqualTo(hash(draft, 0));
    }

    @Test
    void jumpTargetsCount() {
        ProgramDraft draft = new ProgramDraft()
                .function("a", "i32 ->", op(Opcode.LOCAL_GET, 0), brTable(2, 3), op(Opcode.NOP), RETURN)
                .function("b", "i32 ->", op(Opcode.LOCAL_GET, 0), brTable(3, 2), op(Opcode.NOP), RETURN)
                .function("c", "i32 ->", op(Opcode.LOCAL_GET, 0), op(Opcode.BR_IF, 2), op(Opcode.NOP), RETURN)
                .function("d", "i32 ->", op(Opcode.LOCAL_GET, 0), op(Opcode.BR_IF, 3), op(Opcode.NOP), RETURN);
        assertThat(ContentHash.all(draft.build())).doesNotHaveDuplicates();
    }

    @Test
    void everyInstructionCounts() {
        Program program = SamplePrograms.everyInstruction();
        List<ContentHash> all = ContentHash.all(program);
        Set<List<Object>> functions = new HashSet<>();
        for (Function function : program.functions()) {
            functions.add(List.of(function.type(), function.locals(), function.code()));
        }
        assertThat(new HashSet<>(all)).hasSameSizeAs(functions);
    }

    @Test
    void allAtOnceGivesTheSame() {
        Program program = SamplePrograms.everyPart();
        List<ContentHash> all = ContentHash.all(program);
        assertThat(all).hasSameSizeAs(program.functions());
        for (int i = 0; i < all.size(); i++) {
            assertThat(all.get(i)).isEqualTo(ContentHash.of(program, i));
        }
    }

    @Test
    @DisplayName("Hashes stand in recordings: these never change")
    void pinned() {
        assertThat(ContentHash.all(SamplePrograms.everyPart()).stream().map(ContentHash::hex))
                .containsExactly(
                        "c335fe909d74fb8bcccc3826137df50dbdf1e4acaae6c5b3a752fe43cd2990d1",
                        "f8f57fecbd49cf602c09ebebf6e6b9155a7456f62bae75fd429e22f2702c248a",
                        "44224debe38e1b5b4a0dad9ebf5f7cec103b57864c7764bcaac760baf4484fd4",
                        "65124b8251fad182915fb40ac58b49ca2d405289ccee6f93cfa96dabe1530710",
                        "35cfc2d2616bead9994a8b2b34d18b2954ba16370091db69c8b74e014affa870");
    }

    @Test
    void text() {
        assertThat(ORIGINAL.hex()).matches("[0-9a-f]{64}");
        assertThat(ORIGINAL.hex()).startsWith(ORIGINAL.abbreviated());
        assertThat(ORIGINAL.abbreviated()).hasSize(12);
    }

    @Test
    void noSuchFunction() {
        assertThatThrownBy(() -> hash(draft(), 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
