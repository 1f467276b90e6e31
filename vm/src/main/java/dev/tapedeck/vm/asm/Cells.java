package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.isa.ValueType;
import java.math.BigDecimal;
import java.math.BigInteger;

/** Values as raw 64-bit cells. See {@link ValueType} for the form of each type. */
final class Cells {
    private Cells() {}

    /** A literal as a cell of a type. */
    static long of(ValueType type, Literal value) {
        return switch (type) {
            case I32 -> value.toI32();
            case I64 -> value.toI64();
            case F32 -> value.toF32Bits();
            case F64 -> value.toF64Bits();
            case FUNCREF -> throw new IllegalArgumentException("expected null or func and a function, found a number");
            case EXTERNREF ->
                throw new IllegalArgumentException("expected null or extern and a number, found a number");
        };
    }

    /** A Java number as a cell of a type, of a reference the cell itself; it has to be of a Java type that fits. */
    static long of(ValueType type, Number value) {
        boolean whole = !(value instanceof Float
                || value instanceof Double
                || value instanceof BigDecimal
                || value instanceof BigInteger);
        return switch (type) {
            case I32 -> {
                if (!whole || value.longValue() != value.intValue()) {
                    throw new IllegalArgumentException(value + " is not an i32");
                }
                yield value.intValue();
            }
            case I64, FUNCREF, EXTERNREF -> {
                if (!whole) {
                    throw new IllegalArgumentException(
                            value + " is not an " + (type == ValueType.I64 ? "i64" : type + " cell"));
                }
                yield value.longValue();
            }
            case F32 -> Float.floatToRawIntBits(value.floatValue());
            case F64 -> Double.doubleToRawLongBits(value.doubleValue());
        };
    }

    /** A Java number as a cell of the type that belongs to its Java type: int, long, float or double. */
    static long of(Number value) {
        if (value instanceof Float) {
            return of(ValueType.F32, value);
        }
        if (value instanceof Double) {
            return of(ValueType.F64, value);
        }
        return of(ValueType.I64, value);
    }
}
