package dev.tapedeck.vm.isa;

import java.util.Optional;

/**
 * The type of a stack cell, local, global, parameter or result, as the verifier sees it.
 *
 * <p>A cell is always 64 raw bits. An {@code i32} is stored sign-extended to 64 bits; an {@code f32} is stored as its
 * IEEE 754 bits, sign-extended to 64 bits. So one value has one representation, and states can be compared by bits.
 *
 * <p>The codes are WebAssembly's. Codes of reference types (0x70 and below 0x70) are kept free for managed objects.
 */
public enum ValueType {
    I32("i32", 0x7F),
    I64("i64", 0x7E),
    F32("f32", 0x7D),
    F64("f64", 0x7C);

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

    /** Whether a cell is a value of this type in its one representation: 32-bit types are sign-extended. */
    public boolean represents(long cell) {
        return switch (this) {
            case I32, F32 -> cell == (int) cell;
            case I64, F64 -> true;
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
