package dev.tapedeck.vm.program;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.Export;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.Program.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A program in the making, for tests: lists that can be added to, and spoilt. Types are written as in the instruction
 * table: {@code "i32 i64 -> f32"}.
 */
public final class ProgramDraft {
    public String name = "draft";
    public final List<FunctionType> types = new ArrayList<>();
    public final List<HostImport> imports = new ArrayList<>();
    public final List<Function> functions = new ArrayList<>();
    public final List<Global> globals = new ArrayList<>();
    public final List<MemoryType> memories = new ArrayList<>();
    public final List<Table> tables = new ArrayList<>();
    public final List<DataSegment> data = new ArrayList<>();
    public final List<ElementSegment> elements = new ArrayList<>();
    public final List<Export> exports = new ArrayList<>();
    public int entry = -1;
    public int start = -1;
    public final List<TestCase> tests = new ArrayList<>();
    public final List<String> sources = new ArrayList<>();

    /** The program whose only function, {@code main} of type {@code () -> ()}, has this code. */
    public static ProgramDraft ofMain(Instruction... code) {
        return new ProgramDraft().function("main", "->", code);
    }

    /** The index of a type, which is added if it is new. */
    public int type(String signature) {
        int arrow = signature.indexOf("->");
        FunctionType type =
                new FunctionType(valueTypes(signature.substring(0, arrow)), valueTypes(signature.substring(arrow + 2)));
        if (!types.contains(type)) {
            types.add(type);
        }
        return types.indexOf(type);
    }

    public static List<ValueType> valueTypes(String mnemonics) {
        return Arrays.stream(mnemonics.trim().split(" "))
                .filter(mnemonic -> !mnemonic.isEmpty())
                .map(mnemonic -> ValueType.ofMnemonic(mnemonic).orElseThrow())
                .toList();
    }

    public ProgramDraft function(String functionName, String signature, Instruction... code) {
        return function(functionName, signature, "", code);
    }

    public ProgramDraft function(String functionName, String signature, String locals, Instruction... code) {
        functions.add(new Function(
                functionName, type(signature), valueTypes(locals), List.of(), List.of(code), -1, List.of()));
        return this;
    }

    public ProgramDraft memory(int initialPages, int maximumPages) {
        memories.add(new MemoryType(initialPages, maximumPages));
        return this;
    }

    /** Adds a table of one element, and an empty element segment and a passive data segment of one byte. */
    public ProgramDraft table(ValueType type) {
        tables.add(new Table("", type, 1, 1, List.of()));
        elements.add(new ElementSegment("", type, List.of()));
        data.add(new DataSegment("", DataSegment.PASSIVE, new byte[1]));
        return this;
    }

    /** Replaces function {@code index} by what {@code change} makes of it. */
    public ProgramDraft change(int index, UnaryOperator<Function> change) {
        functions.set(index, change.apply(functions.get(index)));
        return this;
    }

    public Program build() {
        return new Program(
                name, types, imports, functions, globals, memories, tables, data, elements, exports, entry, start,
                tests, sources);
    }

    public static Instruction op(Opcode opcode) {
        return Instruction.of(opcode);
    }

    public static Instruction op(Opcode opcode, long a) {
        return Instruction.of(opcode, a);
    }

    public static Instruction op(Opcode opcode, long a, long b) {
        return Instruction.of(opcode, a, b);
    }

    public static Instruction brTable(Integer... labels) {
        return Instruction.table(Opcode.BR_TABLE, List.of(labels));
    }
}
