package dev.tapedeck.vm.host;

import static dev.tapedeck.vm.isa.ValueType.F64;
import static dev.tapedeck.vm.isa.ValueType.I32;
import static dev.tapedeck.vm.isa.ValueType.I64;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.util.List;
import java.util.Optional;

/** The standard host functions: what every host of programs offers. {@link VirtualHost} carries them out. */
public final class StandardHost {
    /** The module of the standard functions. */
    public static final String MODULE = "tape";

    private static final List<ValueType> NONE = List.of();

    /** All of them, in the order in which they are documented. */
    public static final List<HostFunction> FUNCTIONS = List.of(
            of("output", List.of(I32, I32), NONE, "Writes bytes (address, length) to the output."),
            of(
                    "input",
                    List.of(I32, I32),
                    List.of(I32),
                    "Reads bytes into memory (address, capacity); the number read, less than the capacity only at the end of the input, 0 behind it."),
            of("print_char", List.of(I32), NONE, "Writes one byte, the low 8 bits, to the output."),
            of("print_i32", List.of(I32), NONE, "Writes a signed decimal number and a line feed."),
            of("print_i64", List.of(I64), NONE, "Writes a signed decimal number and a line feed."),
            of(
                    "print_f64",
                    List.of(F64),
                    NONE,
                    "Writes the shortest decimal number that reads back equal, and a line feed."),
            of(
                    "print_fixed",
                    List.of(F64, I32),
                    NONE,
                    "Writes a decimal number with so many digits (0 to 30) behind the point, half to even, and a line feed."),
            of("clock", NONE, List.of(I64), "Virtual nanoseconds: the instruction count of the call."),
            of("random", NONE, List.of(I64), "The next number of a random source with a fixed seed (SplitMix64)."),
            of("exit", List.of(I32), NONE, "Ends the program with an exit code."),
            of("debug", List.of(I32, I32), NONE, "Writes bytes (address, length) to the debug stream."));

    private StandardHost() {}

    private static HostFunction of(
            String name, List<ValueType> parameters, List<ValueType> results, String documentation) {
        return new HostFunction(MODULE, name, new FunctionType(parameters, results), documentation);
    }

    public static Optional<HostFunction> find(String module, String name) {
        return FUNCTIONS.stream()
                .filter(function ->
                        function.module().equals(module) && function.name().equals(name))
                .findFirst();
    }
}
