package dev.tapedeck.vm.host;

import dev.tapedeck.vm.program.Program.FunctionType;

/**
 * A function that a host offers.
 *
 * @param module the first part of its name, such as {@code "tape"}
 * @param name the second part, such as {@code "output"}
 * @param documentation one line that says what it does
 */
public record HostFunction(String module, String name, FunctionType type, String documentation) {
    /** {@code module.name}. */
    public String qualifiedName() {
        return module + "." + name;
    }
}
