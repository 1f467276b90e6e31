package dev.tapedeck.vm.program;

/** A place in the code: the instruction at {@code offset} of the function with index {@code function}. */
public record Position(int function, int offset) {}
