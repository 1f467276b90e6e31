package dev.tapedeck.vm.isa;

/** What an immediate operand of an instruction means, and so how it is written in files and in assembly text. */
public enum OperandKind {
    /** Index of a parameter or local of the function, from 0. Unsigned. */
    LOCAL,
    /** Index of a global, from 0. Unsigned. */
    GLOBAL,
    /** Index of a function of the program, from 0. Unsigned. */
    FUNCTION,
    /** Index of a host import, from 0. Unsigned. */
    IMPORT,
    /** Index of a function type, from 0. Unsigned. */
    TYPE,
    /** Index of a table, from 0. Unsigned. */
    TABLE,
    /** Index of a memory, from 0. Unsigned. */
    MEMORY,
    /** Index of a data segment, from 0. Unsigned. */
    DATA,
    /** Index of an element segment, from 0. Unsigned. */
    ELEMENTS,
    /** The code of a reference type: see {@link ValueType#isReference}. Unsigned. */
    REFERENCE,
    /** A jump target: the index of an instruction in the same function, from 0. Unsigned. */
    LABEL,
    /** The jump targets of {@code br_table}; the last one is the default. 1 to 1,048,576 targets. */
    LABELS,
    /** Offset in bytes that is added to the address on the stack, 0 to 2^32-1. Unsigned. */
    OFFSET,
    /** A number of stack cells, 0 to 65,535. Unsigned. */
    COUNT,
    /** An i32 constant. Signed. */
    I32,
    /** An i64 constant. Signed. */
    I64,
    /** An f32 constant, as its 32 IEEE 754 bits. */
    F32,
    /** An f64 constant, as its 64 IEEE 754 bits. */
    F64
}
