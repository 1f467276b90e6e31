package dev.tapedeck.vm.asm;

import static dev.tapedeck.vm.isa.ValueType.F64;
import static dev.tapedeck.vm.isa.ValueType.I32;
import static dev.tapedeck.vm.isa.ValueType.I64;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The types of the standard host functions, which need no {@code .import}. */
final class StandardFunctions {
    static final String MODULE = "tape";

    private static final Map<String, FunctionType> TYPES = new LinkedHashMap<>();

    static {
        add("output", List.of(I32, I32));
        add("input", List.of(I32, I32), I32);
        add("print_char", List.of(I32));
        add("print_i32", List.of(I32));
        add("print_i64", List.of(I64));
        add("print_f64", List.of(F64));
        add("print_fixed", List.of(F64, I32));
        add("clock", List.of(), I64);
        add("random", List.of(), I64);
        add("exit", List.of(I32));
        add("debug", List.of(I32, I32));
    }

    private StandardFunctions() {}

    private static void add(String name, List<ValueType> parameters, ValueType... results) {
        TYPES.put(MODULE + "." + name, new FunctionType(parameters, List.of(results)));
    }

    /** The type of a standard function, by its qualified name. */
    static Optional<FunctionType> type(String qualifiedName) {
        return Optional.ofNullable(TYPES.get(qualifiedName));
    }

    /** Qualified names. */
    static Set<String> names() {
        return TYPES.keySet();
    }
}
