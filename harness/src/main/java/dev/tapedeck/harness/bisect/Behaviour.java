package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Something a run does that can be seen outside of its stack: the events that two versions of a program are compared by.
 *
 * @param kind what it is
 * @param subject index of the host function, global, signal or function; number of bytes of a store; 0 else
 * @param values what it is done with, in the order of the operands
 * @param fault the kind of a fault; empty else
 */
record Behaviour(Kind kind, int subject, List<Long> values, Optional<FaultKind> fault) {
    enum Kind {
        STORE,
        COPY,
        FILL,
        GROW,
        INIT,
        DROP_DATA,
        DROP_ELEMENTS,
        TABLE_SET,
        TABLE_FILL,
        TABLE_COPY,
        TABLE_INIT,
        TABLE_GROW,
        SECTION_NEW,
        SECTION_FREE,
        SECTION_STORE,
        SECTION_COPY,
        SECTION_FILL,
        GLOBAL,
        HEAP_POINTER,
        HOST,
        ENABLE,
        DISABLE,
        HANDLE,
        UNHANDLE,
        RAISE,
        HALT,
        /** What the other run does has no counterpart. */
        NOTHING,
        /** The entry function returns. */
        RETURN,
        FAULT,
        /** The instruction limit stopped the run. */
        LIMIT,
        /** The recording was cut here. */
        CUT;

        /** Whether it is seen outside of the machine. */
        boolean outside() {
            return this == HOST || (ends() && this != LIMIT && this != CUT);
        }

        boolean ends() {
            return this == FAULT || this == LIMIT || this == CUT || this == RETURN || this == HALT;
        }
    }

    /** Host functions that put their arguments out, or end the run with them. */
    private static final Set<String> NUMBERS = Set.of(
            "tape.print_char",
            "tape.print_i32",
            "tape.print_i64",
            "tape.print_f64",
            "tape.print_fixed",
            "tape.exit",
            "wasi_snapshot_preview1.proc_exit");

    /** The absence of an event. */
    static final Behaviour NOTHING = new Behaviour(Kind.NOTHING, 0, List.of());

    Behaviour {
        values = List.copyOf(values);
    }

    /** Whether it says nothing of what would have come after it. */
    boolean open() {
        return kind == Kind.LIMIT || kind == Kind.CUT;
    }

    Behaviour(Kind kind, int subject, List<Long> values) {
        this(kind, subject, values, Optional.empty());
    }

    /** Whether the next instruction is such an event. */
    static boolean isOne(Effect effect) {
        return effect.opcode == Opcode.RETURN ? effect.depth == 1 : isOne(effect.opcode);
    }

    /** Whether an instruction always is such an event. */
    static boolean isOne(Opcode opcode) {
        return switch (opcode) {
            case MEMORY_COPY,
                    MEMORY_FILL,
                    MEMORY_GROW,
                    MEMORY_INIT,
                    DATA_DROP,
                    ELEM_DROP,
                    TABLE_SET,
                    TABLE_FILL,
                    TABLE_COPY,
                    TABLE_INIT,
                    TABLE_GROW,
                    SECTION_NEW,
                    SECTION_FREE,
                    SECTION_STORE8,
                    SECTION_STORE16,
                    SECTION_STORE32,
                    SECTION_STORE64,
                    SECTION_COPY,
                    SECTION_FILL,
                    GLOBAL_SET,
                    HP_SET,
                    CALL_HOST,
                    INTERRUPT_ENABLE,
                    INTERRUPT_DISABLE,
                    INTERRUPT_HANDLE,
                    INTERRUPT_UNHANDLE,
                    INTERRUPT_RAISE,
                    HALT -> true;
            default -> Effect.isStore(opcode);
        };
    }

    /** The event that the next instruction is; {@link #isOne} has said that it is one. */
    static Behaviour next(Machine machine, Effect effect) {
        Kind kind = kind(effect.opcode);
        List<Long> values = new ArrayList<>();
        if (kind == Kind.STORE) {
            long value = Effect.cell(machine, effect.sp - 1);
            int unused = 64 - 8 * (int) effect.writeLength;
            values.add(effect.writeAddress);
            values.add(value << unused >> unused);
            if (effect.writeMemory != 0) {
                values.add((long) effect.writeMemory);
            }
            return new Behaviour(kind, (int) effect.writeLength, values);
        }
        if (kind == Kind.SECTION_STORE) {
            int unused = 64 - 8 * (int) effect.sectionLength;
            values.add((long) effect.sectionWrite);
            values.add(effect.sectionFrom);
            values.add(Effect.cell(machine, effect.sp - 1) << unused >> unused);
            return new Behaviour(kind, (int) effect.sectionLength, values);
        }
        for (int i = effect.pops; i > 0; i--) {
            values.add(Effect.cell(machine, effect.sp - i));
        }
        int subject = switch (kind) {
            // Of the two memories of a copy only a program that is linked from several has others than the first.
            case COPY -> (int) (effect.instruction.a() << 16 | effect.instruction.b());
            case FILL,
                    GROW,
                    GLOBAL,
                    HOST,
                    HANDLE,
                    INIT,
                    DROP_DATA,
                    DROP_ELEMENTS,
                    TABLE_SET,
                    TABLE_FILL,
                    TABLE_COPY,
                    TABLE_INIT,
                    TABLE_GROW -> (int) effect.instruction.a();
            default -> 0;
        };
        return new Behaviour(kind, subject, values);
    }

    private static Kind kind(Opcode opcode) {
        return switch (opcode) {
            case MEMORY_COPY -> Kind.COPY;
            case MEMORY_FILL -> Kind.FILL;
            case MEMORY_GROW -> Kind.GROW;
            case MEMORY_INIT -> Kind.INIT;
            case DATA_DROP -> Kind.DROP_DATA;
            case ELEM_DROP -> Kind.DROP_ELEMENTS;
            case TABLE_SET -> Kind.TABLE_SET;
            case TABLE_FILL -> Kind.TABLE_FILL;
            case TABLE_COPY -> Kind.TABLE_COPY;
            case TABLE_INIT -> Kind.TABLE_INIT;
            case TABLE_GROW -> Kind.TABLE_GROW;
            case SECTION_NEW -> Kind.SECTION_NEW;
            case SECTION_FREE -> Kind.SECTION_FREE;
            case SECTION_STORE8, SECTION_STORE16, SECTION_STORE32, SECTION_STORE64 -> Kind.SECTION_STORE;
            case SECTION_COPY -> Kind.SECTION_COPY;
            case SECTION_FILL -> Kind.SECTION_FILL;
            case GLOBAL_SET -> Kind.GLOBAL;
            case HP_SET -> Kind.HEAP_POINTER;
            case CALL_HOST -> Kind.HOST;
            case INTERRUPT_ENABLE -> Kind.ENABLE;
            case INTERRUPT_DISABLE -> Kind.DISABLE;
            case INTERRUPT_HANDLE -> Kind.HANDLE;
            case INTERRUPT_UNHANDLE -> Kind.UNHANDLE;
            case INTERRUPT_RAISE -> Kind.RAISE;
            case HALT -> Kind.HALT;
            case RETURN -> Kind.RETURN;
            default -> {
                if (!Effect.isStore(opcode)) {
                    throw new AssertionError("no kind of behaviour for " + opcode);
                }
                yield Kind.STORE;
            }
        };
    }

    /** Whether a value of the first run is the same as one of the second. */
    interface SameValues {
        boolean test(long ofA, long ofB);
    }

    /** Whether an event of the first program is the same as one of the second. */
    boolean same(Behaviour ofB, ProgramAlignment alignment) {
        return same(ofB, alignment, alignment::sameValue);
    }

    /** The same, where something else decides which values are. */
    boolean same(Behaviour ofB, ProgramAlignment alignment, SameValues sameValues) {
        if (kind != ofB.kind || !fault.equals(ofB.fault) || values.size() != ofB.values.size()) {
            return false;
        }
        if (subjectInB(alignment) != ofB.subject) {
            return false;
        }
        if (areNumbers(alignment.a())) {
            return values.equals(ofB.values);
        }
        for (int i = 0; i < values.size(); i++) {
            long ofA = isFunction(i, alignment.a()) ? functionToB(values.get(i), alignment) : values.get(i);
            if (ofA != ofB.values.get(i) && !sameValues.test(values.get(i), ofB.values.get(i))) {
                return false;
            }
        }
        return true;
    }

    private int subjectInB(ProgramAlignment alignment) {
        return switch (kind) {
            case GLOBAL -> alignment.globalToB(subject);
            case HOST -> alignment.importToB(subject);
            case HANDLE -> alignment.functionToB(subject);
            case TABLE_SET, TABLE_FILL, TABLE_COPY, TABLE_GROW -> alignment.tableToB(subject);
            default -> subject;
        };
    }

    /** Whether an event of the first program does the same kind of thing to the same as one of the second. */
    boolean alike(Behaviour ofB, ProgramAlignment alignment) {
        return kind == ofB.kind && values.size() == ofB.values.size() && subjectInB(alignment) == ofB.subject;
    }

    /** Whether its values are seen outside as the numbers that they are: then none is the same as another. */
    private boolean areNumbers(Program program) {
        return switch (kind) {
            case HALT, RETURN -> true;
            case HOST -> NUMBERS.contains(program.imports().get(subject).qualifiedName());
            default -> false;
        };
    }

    /** Whether a value is a reference to a function, whose number depends on the program. */
    private boolean isFunction(int value, Program program) {
        return switch (kind) {
            case GLOBAL -> program.globals().get(subject).type() == ValueType.FUNCREF;
            case TABLE_SET, TABLE_FILL -> value == 1 && holdsFunctions(program);
            case TABLE_GROW -> value == 0 && holdsFunctions(program);
            default -> false;
        };
    }

    private boolean holdsFunctions(Program program) {
        return program.tables().get(subject).type() == ValueType.FUNCREF;
    }

    private static long functionToB(long cell, ProgramAlignment alignment) {
        return cell == ValueType.NULL ? cell : alignment.functionToB((int) cell - 1) + 1L;
    }

    /** The event in words, such as {@code tape.print_i32(7)}. */
    String words(Program program) {
        return switch (kind) {
            case STORE ->
                "stores " + values.get(1) + " (" + subject + (subject == 1 ? " byte" : " bytes") + ") at "
                        + Values.address(values.get(0));
            case COPY ->
                "copies " + unsigned(2) + " bytes from " + Values.address(values.get(1)) + " to "
                        + Values.address(values.get(0));
            case FILL ->
                "fills " + unsigned(2) + " bytes at " + Values.address(values.get(0)) + " with "
                        + (values.get(1) & 0xff);
            case GROW -> "grows memory by " + unsigned(0) + " pages";
            case INIT ->
                "copies " + unsigned(2) + " bytes of data segment " + subject + " to " + Values.address(values.get(0));
            case DROP_DATA -> "drops data segment " + subject;
            case DROP_ELEMENTS -> "drops element segment " + subject;
            case TABLE_SET -> "sets element " + unsigned(0) + " of table " + subject + " to " + reference(program, 1);
            case TABLE_FILL ->
                "fills " + unsigned(2) + " elements of table " + subject + " from " + unsigned(0) + " on with "
                        + reference(program, 1);
            case TABLE_COPY ->
                "copies " + unsigned(2) + " elements to table " + subject + " from " + unsigned(0) + " on";
            case TABLE_INIT -> "copies " + unsigned(2) + " elements of element segment " + subject + " to a table";
            case TABLE_GROW -> "grows table " + subject + " by " + unsigned(1) + " elements";
            case SECTION_NEW -> "makes a heap section of " + unsigned(0) + " bytes";
            case SECTION_FREE -> "frees section " + values.get(0);
            case SECTION_STORE ->
                "stores " + values.get(2) + " (" + subject + (subject == 1 ? " byte" : " bytes") + ") at "
                        + sectionByte(0, 1);
            case SECTION_COPY ->
                "copies " + unsigned(4) + " bytes from " + sectionByte(2, 3) + " to " + sectionByte(0, 1);
            case SECTION_FILL ->
                "fills " + unsigned(3) + " bytes at " + sectionByte(0, 1) + " with " + (values.get(2) & 0xff);
            case GLOBAL ->
                "sets " + Places.global(program, subject) + " to "
                        + Values.cell(program.globals().get(subject).type(), values.get(0));
            case HEAP_POINTER -> "sets hp to " + Values.address(values.get(0));
            case HOST -> {
                Program.HostImport called = program.imports().get(subject);
                yield "calls " + called.qualifiedName() + "("
                        + Values.list(program.typeOf(called).parameters(), values) + ")";
            }
            case ENABLE -> "enables interrupts";
            case DISABLE -> "disables interrupts";
            case HANDLE -> "makes " + program.functionName(subject) + " the handler of signal " + values.get(0);
            case UNHANDLE -> "removes the handler of signal " + values.get(0);
            case RAISE -> "raises signal " + values.get(0) + " with payload " + values.get(1);
            case HALT -> "halts with exit code " + values.get(0);
            case RETURN -> values.isEmpty() ? "returns" : "returns " + Values.list(List.of(), values);
            case FAULT -> "faults with " + fault.map(FaultKind::mnemonic).orElse("a fault");
            case LIMIT -> "is stopped by the instruction limit";
            case CUT -> "is cut";
            case NOTHING -> "does nothing of the kind";
        };
    }

    private String sectionByte(int section, int index) {
        return Places.section(values.get(section).intValue()) + " byte " + Values.address(values.get(index));
    }

    private String reference(Program program, int index) {
        return Values.cell(program.tables().get(subject).type(), values.get(index));
    }

    private String unsigned(int index) {
        return Long.toString(values.get(index) & 0xffff_ffffL);
    }
}
