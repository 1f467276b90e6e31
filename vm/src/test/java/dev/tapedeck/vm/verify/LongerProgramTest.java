package dev.tapedeck.vm.verify;

import static dev.tapedeck.vm.program.ProgramDraft.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.ProgramDraft;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("W7: a program that goes on where another ends is verified as if all of it were new")
class LongerProgramTest {
    /** The index of the type (i32) -> (i32). */
    private static final int UNARY = 1;

    private static ProgramDraft draft() {
        ProgramDraft draft = new ProgramDraft();
        draft.type("->");
        draft.type("i32 -> i32");
        draft.imports.add(new HostImport("env", "f", UNARY));
        draft.globals.add(new Global("g", ValueType.I32, true, 0));
        draft.table(ValueType.FUNCREF);
        draft.memory(1, 2);
        draft.function(
                "main",
                "->",
                op(Opcode.I32_CONST, 1),
                op(Opcode.CALL, 1),
                op(Opcode.CALL_HOST, 0),
                op(Opcode.GLOBAL_SET, 0),
                op(Opcode.I32_CONST, 1),
                op(Opcode.I32_CONST, 0),
                op(Opcode.CALL_INDIRECT, UNARY),
                op(Opcode.I32_LOAD),
                op(Opcode.DROP),
                op(Opcode.DATA_DROP, 0),
                op(Opcode.ELEM_DROP, 0),
                op(Opcode.RETURN));
        draft.function("same", "i32 -> i32", op(Opcode.LOCAL_GET, 0), op(Opcode.RETURN));
        return draft;
    }

    /** The same objects once more, to be changed. */
    private static ProgramDraft copy(ProgramDraft draft) {
        ProgramDraft copy = new ProgramDraft();
        copy.types.addAll(draft.types);
        copy.imports.addAll(draft.imports);
        copy.functions.addAll(draft.functions);
        copy.globals.addAll(draft.globals);
        copy.memories.addAll(draft.memories);
        copy.tables.addAll(draft.tables);
        copy.data.addAll(draft.data);
        copy.elements.addAll(draft.elements);
        return copy;
    }

    @Test
    void whatIsAddedIsVerified() throws VerifyException {
        ProgramDraft draft = draft();
        VerifiedProgram before = Verifier.verify(draft.build());
        ProgramDraft longer = copy(draft);
        longer.type("i64 -> i64");
        longer.globals.add(new Global("h", ValueType.I64, false, 5));
        longer.function(
                "more",
                "i64 -> i64",
                op(Opcode.LOCAL_GET, 0),
                op(Opcode.GLOBAL_GET, 1),
                op(Opcode.I64_ADD),
                op(Opcode.RETURN));
        Program program = longer.build();

        VerifiedProgram added = Verifier.verify(program, before);
        VerifiedProgram whole = Verifier.verify(program);

        assertThat(added.program()).isSameAs(program);
        assertThat(added.transferredCells).isEqualTo(whole.transferredCells).isGreaterThan(before.transferredCells);
        for (int i = 0; i < program.functions().size(); i++) {
            assertThat(added.operandCellsMax(i)).as("function " + i).isEqualTo(whole.operandCellsMax(i));
        }
        longer.function("wrong", "->", op(Opcode.DROP), op(Opcode.RETURN));
        assertThatThrownBy(() -> Verifier.verify(longer.build(), added))
                .isInstanceOf(VerifyException.class)
                .hasMessageContaining("wrong");
    }

    @Test
    void whateverElseCodeRefersToIsVerifiedAgain() throws VerifyException {
        Map<String, Consumer<ProgramDraft>> changes = new LinkedHashMap<>();
        changes.put("type", draft -> {
            draft.types.set(UNARY, ProgramDraft.ofMain().types.get(0));
            draft.types.remove(0);
        });
        changes.put("global", draft -> draft.globals.set(0, new Global("g", ValueType.I32, false, 0)));
        changes.put("global's type", draft -> draft.globals.set(0, new Global("g", ValueType.I64, true, 0)));
        changes.put("import", draft -> draft.imports.set(0, new HostImport("env", "f", draft.type("i32 ->"))));
        changes.put("table", draft -> {
            ProgramDraft other = new ProgramDraft().table(ValueType.EXTERNREF);
            draft.tables.set(0, other.tables.get(0));
        });
        changes.put("memory", draft -> draft.memories.clear());
        changes.put("data", draft -> draft.data.clear());
        changes.put("elements", draft -> draft.elements.clear());
        changes.put("called function", draft -> {
            draft.function("same", "i32 ->", op(Opcode.RETURN));
            draft.functions.set(1, draft.functions.remove(2));
        });
        VerifiedProgram before = Verifier.verify(draft().build());
        changes.forEach((what, change) -> {
            ProgramDraft changed = draft();
            // The functions are those that were verified before.
            changed.functions.clear();
            changed.functions.addAll(before.program().functions());
            change.accept(changed);
            Program program = changed.build();
            Throwable expected = catchThrowable(() -> Verifier.verify(program));
            assertThat(expected).as(what).isInstanceOf(VerifyException.class);
            assertThatThrownBy(() -> Verifier.verify(program, before))
                    .as(what)
                    .isInstanceOf(VerifyException.class)
                    .hasMessage(expected.getMessage());
        });
    }
}
