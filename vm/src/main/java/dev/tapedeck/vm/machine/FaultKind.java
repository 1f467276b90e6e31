package dev.tapedeck.vm.machine;

import java.util.Optional;

/** Why the machine stops a program. */
public enum FaultKind {
    UNREACHABLE("unreachable", "the program executed 'unreachable'"),
    OUT_OF_BOUNDS("out_of_bounds", "access outside of memory"),
    MEMORY_OVERFLOW("memory_overflow", "the memory in use reached its limit"),
    STACK_OVERFLOW("stack_overflow", "the stack or the frames reached their limit"),
    DIVISION_BY_ZERO("division_by_zero", "integer division by zero"),
    INTEGER_OVERFLOW("integer_overflow", "the result does not fit the integer type"),
    INVALID_CONVERSION("invalid_conversion", "a NaN cannot be converted to an integer"),
    TABLE_OUT_OF_BOUNDS("table_out_of_bounds", "access outside of a table or an element segment"),
    UNDEFINED_ELEMENT("undefined_element", "an index behind the end of the table"),
    UNINITIALIZED_ELEMENT("uninitialized_element", "no function at this index of the table"),
    TYPE_MISMATCH("type_mismatch", "the function in the table has another type"),
    INVALID_SECTION("invalid_section", "no heap section has this number, or it has been freed"),
    SECTION_OUT_OF_BOUNDS("section_out_of_bounds", "access outside of a heap section"),
    INVALID_SIGNAL("invalid_signal", "signals are 1 to 31"),
    INTERRUPT_OVERFLOW("interrupt_overflow", "too many interrupts are pending"),
    INVALID_RETURN("invalid_return", "'interrupt.return' outside of an interrupt handler"),
    HOST_ERROR("host_error", "a host function failed");

    private final String mnemonic;
    private final String meaning;

    FaultKind(String mnemonic, String meaning) {
        this.mnemonic = mnemonic;
        this.meaning = meaning;
    }

    /** The stable name in files, tests and reports, such as {@code division_by_zero}. */
    public String mnemonic() {
        return mnemonic;
    }

    /** The same in words. */
    public String meaning() {
        return meaning;
    }

    public static Optional<FaultKind> ofMnemonic(String mnemonic) {
        for (FaultKind kind : values()) {
            if (kind.mnemonic.equals(mnemonic)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
