package dev.tapedeck.vm.isa;

import java.util.Optional;

/**
 * The type of a stack cell, local, global, parameter or result, as the verifier sees it.
 *
 * <p>A cell is always 64 raw bits. An {@code i32} is stored sign-extended to 64 bits; an {@code f32} is stored as its
 * IEEE 754 bits, sign-extended to 64 bits. So one value has one representation, and states can be compared by bits.
 *
 * <p>A reference is a number too, never an address: 0 is null; any other {@code funcref} is a function index plus 1, any
 * other {@code externref} a number of the host's own plus 1, which the machine hands around and never looks at.
 *
 * <p>The codes are WebAssembly's. Other codes below 0x70 are kept free for managed objects.
 */
public enum ValueType {
    I32("i32", 0x7F),
    I64("i64", 0x7E),
    F32("f32", 0x7D),
    F64("f64", 0x7C),
    /** A function of the program, or null. */
    FUNCREF("funcref", 0x70),
    /** Something of the host's, or null. */
    EXTERNREF("externref", 0x6F);

    /** The cell of every reference that refers to nothing. */
    public static final long NULL = 0;

    private final String mnemonic;
    private final int code;

    ValueType(String mnemonic, int code) {
        this.mnemonic = mnemonic;
        this.code = code;
    }

    /** The name used in assembly text, such as {@code i32}. */
    public String mnemonic() {
        return mnemonic;
    }

    /** The stable byte that stands for this type in files, 0 to 255. */
    public int code() {
        return code;
    }

    public boolean isReference() {
        return this == FUNCREF || this == EXTERNREF;
    }

    /**
     * Whether a cell is a value of this type in its one representation: 32-bit types are sign-extended, a funcref is 0 to
     * 2^31. Whether there is such a function is the program's question.
     */
    public boolean represents(long cell) {
        return switch (this) {
            case I32, F32 -> cell == (int) cell;
            case I64, F64, EXTERNREF -> true;
            case FUNCREF -> cell >= 0 && cell <= 1L << 31;
        };
    }

    public static Optional<ValueType> ofCode(int code) {
        for (ValueType type : values()) {
            if (type.code == code) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    public static Optional<ValueType> ofMnemonic(String mnemonic) {
        for (ValueType type : values()) {
            if (type.mnemonic.equals(mnemonic)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return mnemonic;
    }
}
