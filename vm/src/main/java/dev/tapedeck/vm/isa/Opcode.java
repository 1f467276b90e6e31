package dev.tapedeck.vm.isa;

import static dev.tapedeck.vm.isa.Determinism.HOST;
import static dev.tapedeck.vm.isa.Determinism.PURE;
import static dev.tapedeck.vm.isa.Determinism.STATE;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The instruction table: each instruction is defined by one row, and by nothing else. File codec, assembler,
 * disassembler, verifier and the reference page are derived from it.
 *
 * <p>A row has the mnemonic, the code, the stack effect, the determinism class, one line of documentation, for a
 * load or store the bytes that it reaches, and the kinds of the immediate operands. The stack effect reads as in the WebAssembly specification, deepest cell first:
 * {@code "i32 i64 -> f32"} pops an i64, then an i32, and pushes an f32. The effect {@code "*"} depends on the operands or
 * on the state (a call's on the callee's type), and the verifier has a rule for it.
 */
public enum Opcode {
    // spotless:off (one row per instruction: a table)
    UNREACHABLE("unreachable", Code.UNREACHABLE, "*", PURE, "Faults with unreachable."),
    NOP("nop", Code.NOP, "->", PURE, "Does nothing."),
    BR("br", Code.BR, "*", STATE, "Jumps to the label.", OperandKind.LABEL),
    BR_IF("br_if", Code.BR_IF, "i32 ->", STATE, "Pops a condition; jumps to the label if it is not zero.", OperandKind.LABEL),
    BR_TABLE("br_table", Code.BR_TABLE, "*", STATE, "Pops an unsigned index; jumps to that label, or to the last one if there are too few.", OperandKind.LABELS),
    RETURN("return", Code.RETURN, "*", STATE, "Leaves the function with its results. In an interrupt handler the interrupt flag stays as it is."),
    CALL("call", Code.CALL, "*", STATE, "Calls a function: pops its parameters, pushes its results.", OperandKind.FUNCTION),
    CALL_INDIRECT("call_indirect", Code.CALL_INDIRECT, "*", STATE, "Pops an index and calls the function at that index of the table, which must have the type.", OperandKind.TYPE, OperandKind.TABLE),
    DROP("drop", Code.DROP, "*", PURE, "Pops a value of any type."),
    SELECT("select", Code.SELECT, "*", PURE, "Pops a condition and two values of one type; pushes the first if the condition is not zero, else the second. Also for references, where WebAssembly writes 'select t'."),
    LOCAL_GET("local.get", Code.LOCAL_GET, "*", STATE, "Pushes a local.", OperandKind.LOCAL),
    LOCAL_SET("local.set", Code.LOCAL_SET, "*", STATE, "Pops into a local.", OperandKind.LOCAL),
    LOCAL_TEE("local.tee", Code.LOCAL_TEE, "*", STATE, "Copies the top of the stack into a local.", OperandKind.LOCAL),
    GLOBAL_GET("global.get", Code.GLOBAL_GET, "*", STATE, "Pushes a global.", OperandKind.GLOBAL),
    GLOBAL_SET("global.set", Code.GLOBAL_SET, "*", STATE, "Pops into a mutable global.", OperandKind.GLOBAL),
    TABLE_GET("table.get", Code.TABLE_GET, "*", STATE, "Pops an index and pushes that element of the table.", OperandKind.TABLE),
    TABLE_SET("table.set", Code.TABLE_SET, "*", STATE, "Pops a reference and an index and makes the reference that element of the table.", OperandKind.TABLE),
    I32_LOAD("i32.load", Code.I32_LOAD, "i32 -> i32", STATE, "Pops an address; loads 4 bytes, little-endian.", Access.LOAD_4, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_LOAD("i64.load", Code.I64_LOAD, "i32 -> i64", STATE, "Pops an address; loads 8 bytes, little-endian.", Access.LOAD_8, OperandKind.OFFSET, OperandKind.MEMORY),
    F32_LOAD("f32.load", Code.F32_LOAD, "i32 -> f32", STATE, "Pops an address; loads 4 bytes, little-endian.", Access.LOAD_4, OperandKind.OFFSET, OperandKind.MEMORY),
    F64_LOAD("f64.load", Code.F64_LOAD, "i32 -> f64", STATE, "Pops an address; loads 8 bytes, little-endian.", Access.LOAD_8, OperandKind.OFFSET, OperandKind.MEMORY),
    I32_LOAD8_S("i32.load8_s", Code.I32_LOAD8_S, "i32 -> i32", STATE, "Pops an address; loads 1 byte, sign-extended.", Access.LOAD_1, OperandKind.OFFSET, OperandKind.MEMORY),
    I32_LOAD8_U("i32.load8_u", Code.I32_LOAD8_U, "i32 -> i32", STATE, "Pops an address; loads 1 byte, zero-extended.", Access.LOAD_1, OperandKind.OFFSET, OperandKind.MEMORY),
    I32_LOAD16_S("i32.load16_s", Code.I32_LOAD16_S, "i32 -> i32", STATE, "Pops an address; loads 2 bytes, sign-extended, little-endian.", Access.LOAD_2, OperandKind.OFFSET, OperandKind.MEMORY),
    I32_LOAD16_U("i32.load16_u", Code.I32_LOAD16_U, "i32 -> i32", STATE, "Pops an address; loads 2 bytes, zero-extended, little-endian.", Access.LOAD_2, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_LOAD8_S("i64.load8_s", Code.I64_LOAD8_S, "i32 -> i64", STATE, "Pops an address; loads 1 byte, sign-extended.", Access.LOAD_1, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_LOAD8_U("i64.load8_u", Code.I64_LOAD8_U, "i32 -> i64", STATE, "Pops an address; loads 1 byte, zero-extended.", Access.LOAD_1, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_LOAD16_S("i64.load16_s", Code.I64_LOAD16_S, "i32 -> i64", STATE, "Pops an address; loads 2 bytes, sign-extended, little-endian.", Access.LOAD_2, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_LOAD16_U("i64.load16_u", Code.I64_LOAD16_U, "i32 -> i64", STATE, "Pops an address; loads 2 bytes, zero-extended, little-endian.", Access.LOAD_2, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_LOAD32_S("i64.load32_s", Code.I64_LOAD32_S, "i32 -> i64", STATE, "Pops an address; loads 4 bytes, sign-extended, little-endian.", Access.LOAD_4, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_LOAD32_U("i64.load32_u", Code.I64_LOAD32_U, "i32 -> i64", STATE, "Pops an address; loads 4 bytes, zero-extended, little-endian.", Access.LOAD_4, OperandKind.OFFSET, OperandKind.MEMORY),
    I32_STORE("i32.store", Code.I32_STORE, "i32 i32 ->", STATE, "Pops a value and an address; stores 4 bytes, little-endian.", Access.STORE_4, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_STORE("i64.store", Code.I64_STORE, "i32 i64 ->", STATE, "Pops a value and an address; stores 8 bytes, little-endian.", Access.STORE_8, OperandKind.OFFSET, OperandKind.MEMORY),
    F32_STORE("f32.store", Code.F32_STORE, "i32 f32 ->", STATE, "Pops a value and an address; stores 4 bytes, little-endian.", Access.STORE_4, OperandKind.OFFSET, OperandKind.MEMORY),
    F64_STORE("f64.store", Code.F64_STORE, "i32 f64 ->", STATE, "Pops a value and an address; stores 8 bytes, little-endian.", Access.STORE_8, OperandKind.OFFSET, OperandKind.MEMORY),
    I32_STORE8("i32.store8", Code.I32_STORE8, "i32 i32 ->", STATE, "Pops a value and an address; stores the low byte.", Access.STORE_1, OperandKind.OFFSET, OperandKind.MEMORY),
    I32_STORE16("i32.store16", Code.I32_STORE16, "i32 i32 ->", STATE, "Pops a value and an address; stores the low 2 bytes, little-endian.", Access.STORE_2, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_STORE8("i64.store8", Code.I64_STORE8, "i32 i64 ->", STATE, "Pops a value and an address; stores the low byte.", Access.STORE_1, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_STORE16("i64.store16", Code.I64_STORE16, "i32 i64 ->", STATE, "Pops a value and an address; stores the low 2 bytes, little-endian.", Access.STORE_2, OperandKind.OFFSET, OperandKind.MEMORY),
    I64_STORE32("i64.store32", Code.I64_STORE32, "i32 i64 ->", STATE, "Pops a value and an address; stores the low 4 bytes, little-endian.", Access.STORE_4, OperandKind.OFFSET, OperandKind.MEMORY),
    MEMORY_SIZE("memory.size", Code.MEMORY_SIZE, "-> i32", STATE, "Pushes the memory size in 64 KiB pages.", OperandKind.MEMORY),
    MEMORY_GROW("memory.grow", Code.MEMORY_GROW, "i32 -> i32", STATE, "Pops a number of 64 KiB pages and grows the memory; pushes the old size in pages, or -1 if it cannot grow.", OperandKind.MEMORY),
    I32_CONST("i32.const", Code.I32_CONST, "-> i32", PURE, "Pushes a constant.", OperandKind.I32),
    I64_CONST("i64.const", Code.I64_CONST, "-> i64", PURE, "Pushes a constant.", OperandKind.I64),
    F32_CONST("f32.const", Code.F32_CONST, "-> f32", PURE, "Pushes a constant.", OperandKind.F32),
    F64_CONST("f64.const", Code.F64_CONST, "-> f64", PURE, "Pushes a constant.", OperandKind.F64),
    I32_EQZ("i32.eqz", Code.I32_EQZ, "i32 -> i32", PURE, "Pushes 1 if the value is zero, else 0."),
    I32_EQ("i32.eq", Code.I32_EQ, "i32 i32 -> i32", PURE, "Compares two values (equal); pushes 1 or 0."),
    I32_NE("i32.ne", Code.I32_NE, "i32 i32 -> i32", PURE, "Compares two values (not equal); pushes 1 or 0."),
    I32_LT_S("i32.lt_s", Code.I32_LT_S, "i32 i32 -> i32", PURE, "Compares two values (less, signed); pushes 1 or 0."),
    I32_LT_U("i32.lt_u", Code.I32_LT_U, "i32 i32 -> i32", PURE, "Compares two values (less, unsigned); pushes 1 or 0."),
    I32_GT_S("i32.gt_s", Code.I32_GT_S, "i32 i32 -> i32", PURE, "Compares two values (greater, signed); pushes 1 or 0."),
    I32_GT_U("i32.gt_u", Code.I32_GT_U, "i32 i32 -> i32", PURE, "Compares two values (greater, unsigned); pushes 1 or 0."),
    I32_LE_S("i32.le_s", Code.I32_LE_S, "i32 i32 -> i32", PURE, "Compares two values (less or equal, signed); pushes 1 or 0."),
    I32_LE_U("i32.le_u", Code.I32_LE_U, "i32 i32 -> i32", PURE, "Compares two values (less or equal, unsigned); pushes 1 or 0."),
    I32_GE_S("i32.ge_s", Code.I32_GE_S, "i32 i32 -> i32", PURE, "Compares two values (greater or equal, signed); pushes 1 or 0."),
    I32_GE_U("i32.ge_u", Code.I32_GE_U, "i32 i32 -> i32", PURE, "Compares two values (greater or equal, unsigned); pushes 1 or 0."),
    I64_EQZ("i64.eqz", Code.I64_EQZ, "i64 -> i32", PURE, "Pushes 1 if the value is zero, else 0."),
    I64_EQ("i64.eq", Code.I64_EQ, "i64 i64 -> i32", PURE, "Compares two values (equal); pushes 1 or 0."),
    I64_NE("i64.ne", Code.I64_NE, "i64 i64 -> i32", PURE, "Compares two values (not equal); pushes 1 or 0."),
    I64_LT_S("i64.lt_s", Code.I64_LT_S, "i64 i64 -> i32", PURE, "Compares two values (less, signed); pushes 1 or 0."),
    I64_LT_U("i64.lt_u", Code.I64_LT_U, "i64 i64 -> i32", PURE, "Compares two values (less, unsigned); pushes 1 or 0."),
    I64_GT_S("i64.gt_s", Code.I64_GT_S, "i64 i64 -> i32", PURE, "Compares two values (greater, signed); pushes 1 or 0."),
    I64_GT_U("i64.gt_u", Code.I64_GT_U, "i64 i64 -> i32", PURE, "Compares two values (greater, unsigned); pushes 1 or 0."),
    I64_LE_S("i64.le_s", Code.I64_LE_S, "i64 i64 -> i32", PURE, "Compares two values (less or equal, signed); pushes 1 or 0."),
    I64_LE_U("i64.le_u", Code.I64_LE_U, "i64 i64 -> i32", PURE, "Compares two values (less or equal, unsigned); pushes 1 or 0."),
    I64_GE_S("i64.ge_s", Code.I64_GE_S, "i64 i64 -> i32", PURE, "Compares two values (greater or equal, signed); pushes 1 or 0."),
    I64_GE_U("i64.ge_u", Code.I64_GE_U, "i64 i64 -> i32", PURE, "Compares two values (greater or equal, unsigned); pushes 1 or 0."),
    F32_EQ("f32.eq", Code.F32_EQ, "f32 f32 -> i32", PURE, "Compares two values (equal); pushes 1 or 0."),
    F32_NE("f32.ne", Code.F32_NE, "f32 f32 -> i32", PURE, "Compares two values (not equal); pushes 1 or 0."),
    F32_LT("f32.lt", Code.F32_LT, "f32 f32 -> i32", PURE, "Compares two values (less); pushes 1 or 0."),
    F32_GT("f32.gt", Code.F32_GT, "f32 f32 -> i32", PURE, "Compares two values (greater); pushes 1 or 0."),
    F32_LE("f32.le", Code.F32_LE, "f32 f32 -> i32", PURE, "Compares two values (less or equal); pushes 1 or 0."),
    F32_GE("f32.ge", Code.F32_GE, "f32 f32 -> i32", PURE, "Compares two values (greater or equal); pushes 1 or 0."),
    F64_EQ("f64.eq", Code.F64_EQ, "f64 f64 -> i32", PURE, "Compares two values (equal); pushes 1 or 0."),
    F64_NE("f64.ne", Code.F64_NE, "f64 f64 -> i32", PURE, "Compares two values (not equal); pushes 1 or 0."),
    F64_LT("f64.lt", Code.F64_LT, "f64 f64 -> i32", PURE, "Compares two values (less); pushes 1 or 0."),
    F64_GT("f64.gt", Code.F64_GT, "f64 f64 -> i32", PURE, "Compares two values (greater); pushes 1 or 0."),
    F64_LE("f64.le", Code.F64_LE, "f64 f64 -> i32", PURE, "Compares two values (less or equal); pushes 1 or 0."),
    F64_GE("f64.ge", Code.F64_GE, "f64 f64 -> i32", PURE, "Compares two values (greater or equal); pushes 1 or 0."),
    I32_CLZ("i32.clz", Code.I32_CLZ, "i32 -> i32", PURE, "Counts leading zero bits."),
    I32_CTZ("i32.ctz", Code.I32_CTZ, "i32 -> i32", PURE, "Counts trailing zero bits."),
    I32_POPCNT("i32.popcnt", Code.I32_POPCNT, "i32 -> i32", PURE, "Counts one bits."),
    I32_ADD("i32.add", Code.I32_ADD, "i32 i32 -> i32", PURE, "Adds, wrapping around."),
    I32_SUB("i32.sub", Code.I32_SUB, "i32 i32 -> i32", PURE, "Subtracts, wrapping around."),
    I32_MUL("i32.mul", Code.I32_MUL, "i32 i32 -> i32", PURE, "Multiplies, wrapping around."),
    I32_DIV_S("i32.div_s", Code.I32_DIV_S, "i32 i32 -> i32", PURE, "Divides, signed, toward zero. Faults on zero and on overflow."),
    I32_DIV_U("i32.div_u", Code.I32_DIV_U, "i32 i32 -> i32", PURE, "Divides, unsigned. Faults on zero."),
    I32_REM_S("i32.rem_s", Code.I32_REM_S, "i32 i32 -> i32", PURE, "Remainder, signed, with the sign of the dividend. Faults on zero."),
    I32_REM_U("i32.rem_u", Code.I32_REM_U, "i32 i32 -> i32", PURE, "Remainder, unsigned. Faults on zero."),
    I32_AND("i32.and", Code.I32_AND, "i32 i32 -> i32", PURE, "Bitwise and."),
    I32_OR("i32.or", Code.I32_OR, "i32 i32 -> i32", PURE, "Bitwise or."),
    I32_XOR("i32.xor", Code.I32_XOR, "i32 i32 -> i32", PURE, "Bitwise exclusive or."),
    I32_SHL("i32.shl", Code.I32_SHL, "i32 i32 -> i32", PURE, "Shifts left by the count modulo the width."),
    I32_SHR_S("i32.shr_s", Code.I32_SHR_S, "i32 i32 -> i32", PURE, "Shifts right, keeping the sign, by the count modulo the width."),
    I32_SHR_U("i32.shr_u", Code.I32_SHR_U, "i32 i32 -> i32", PURE, "Shifts right, filling with zeros, by the count modulo the width."),
    I32_ROTL("i32.rotl", Code.I32_ROTL, "i32 i32 -> i32", PURE, "Rotates left by the count modulo the width."),
    I32_ROTR("i32.rotr", Code.I32_ROTR, "i32 i32 -> i32", PURE, "Rotates right by the count modulo the width."),
    I64_CLZ("i64.clz", Code.I64_CLZ, "i64 -> i64", PURE, "Counts leading zero bits."),
    I64_CTZ("i64.ctz", Code.I64_CTZ, "i64 -> i64", PURE, "Counts trailing zero bits."),
    I64_POPCNT("i64.popcnt", Code.I64_POPCNT, "i64 -> i64", PURE, "Counts one bits."),
    I64_ADD("i64.add", Code.I64_ADD, "i64 i64 -> i64", PURE, "Adds, wrapping around."),
    I64_SUB("i64.sub", Code.I64_SUB, "i64 i64 -> i64", PURE, "Subtracts, wrapping around."),
    I64_MUL("i64.mul", Code.I64_MUL, "i64 i64 -> i64", PURE, "Multiplies, wrapping around."),
    I64_DIV_S("i64.div_s", Code.I64_DIV_S, "i64 i64 -> i64", PURE, "Divides, signed, toward zero. Faults on zero and on overflow."),
    I64_DIV_U("i64.div_u", Code.I64_DIV_U, "i64 i64 -> i64", PURE, "Divides, unsigned. Faults on zero."),
    I64_REM_S("i64.rem_s", Code.I64_REM_S, "i64 i64 -> i64", PURE, "Remainder, signed, with the sign of the dividend. Faults on zero."),
    I64_REM_U("i64.rem_u", Code.I64_REM_U, "i64 i64 -> i64", PURE, "Remainder, unsigned. Faults on zero."),
    I64_AND("i64.and", Code.I64_AND, "i64 i64 -> i64", PURE, "Bitwise and."),
    I64_OR("i64.or", Code.I64_OR, "i64 i64 -> i64", PURE, "Bitwise or."),
    I64_XOR("i64.xor", Code.I64_XOR, "i64 i64 -> i64", PURE, "Bitwise exclusive or."),
    I64_SHL("i64.shl", Code.I64_SHL, "i64 i64 -> i64", PURE, "Shifts left by the count modulo the width."),
    I64_SHR_S("i64.shr_s", Code.I64_SHR_S, "i64 i64 -> i64", PURE, "Shifts right, keeping the sign, by the count modulo the width."),
    I64_SHR_U("i64.shr_u", Code.I64_SHR_U, "i64 i64 -> i64", PURE, "Shifts right, filling with zeros, by the count modulo the width."),
    I64_ROTL("i64.rotl", Code.I64_ROTL, "i64 i64 -> i64", PURE, "Rotates left by the count modulo the width."),
    I64_ROTR("i64.rotr", Code.I64_ROTR, "i64 i64 -> i64", PURE, "Rotates right by the count modulo the width."),
    F32_ABS("f32.abs", Code.F32_ABS, "f32 -> f32", PURE, "Absolute value."),
    F32_NEG("f32.neg", Code.F32_NEG, "f32 -> f32", PURE, "Negates."),
    F32_CEIL("f32.ceil", Code.F32_CEIL, "f32 -> f32", PURE, "Rounds up to an integral value."),
    F32_FLOOR("f32.floor", Code.F32_FLOOR, "f32 -> f32", PURE, "Rounds down to an integral value."),
    F32_TRUNC("f32.trunc", Code.F32_TRUNC, "f32 -> f32", PURE, "Rounds toward zero to an integral value."),
    F32_NEAREST("f32.nearest", Code.F32_NEAREST, "f32 -> f32", PURE, "Rounds to the nearest integral value, ties to even."),
    F32_SQRT("f32.sqrt", Code.F32_SQRT, "f32 -> f32", PURE, "Square root."),
    F32_ADD("f32.add", Code.F32_ADD, "f32 f32 -> f32", PURE, "Adds."),
    F32_SUB("f32.sub", Code.F32_SUB, "f32 f32 -> f32", PURE, "Subtracts."),
    F32_MUL("f32.mul", Code.F32_MUL, "f32 f32 -> f32", PURE, "Multiplies."),
    F32_DIV("f32.div", Code.F32_DIV, "f32 f32 -> f32", PURE, "Divides."),
    F32_MIN("f32.min", Code.F32_MIN, "f32 f32 -> f32", PURE, "The smaller value; a NaN if either is one; -0 is below +0."),
    F32_MAX("f32.max", Code.F32_MAX, "f32 f32 -> f32", PURE, "The greater value; a NaN if either is one; -0 is below +0."),
    F32_COPYSIGN("f32.copysign", Code.F32_COPYSIGN, "f32 f32 -> f32", PURE, "The first value with the sign of the second."),
    F64_ABS("f64.abs", Code.F64_ABS, "f64 -> f64", PURE, "Absolute value."),
    F64_NEG("f64.neg", Code.F64_NEG, "f64 -> f64", PURE, "Negates."),
    F64_CEIL("f64.ceil", Code.F64_CEIL, "f64 -> f64", PURE, "Rounds up to an integral value."),
    F64_FLOOR("f64.floor", Code.F64_FLOOR, "f64 -> f64", PURE, "Rounds down to an integral value."),
    F64_TRUNC("f64.trunc", Code.F64_TRUNC, "f64 -> f64", PURE, "Rounds toward zero to an integral value."),
    F64_NEAREST("f64.nearest", Code.F64_NEAREST, "f64 -> f64", PURE, "Rounds to the nearest integral value, ties to even."),
    F64_SQRT("f64.sqrt", Code.F64_SQRT, "f64 -> f64", PURE, "Square root."),
    F64_ADD("f64.add", Code.F64_ADD, "f64 f64 -> f64", PURE, "Adds."),
    F64_SUB("f64.sub", Code.F64_SUB, "f64 f64 -> f64", PURE, "Subtracts."),
    F64_MUL("f64.mul", Code.F64_MUL, "f64 f64 -> f64", PURE, "Multiplies."),
    F64_DIV("f64.div", Code.F64_DIV, "f64 f64 -> f64", PURE, "Divides."),
    F64_MIN("f64.min", Code.F64_MIN, "f64 f64 -> f64", PURE, "The smaller value; a NaN if either is one; -0 is below +0."),
    F64_MAX("f64.max", Code.F64_MAX, "f64 f64 -> f64", PURE, "The greater value; a NaN if either is one; -0 is below +0."),
    F64_COPYSIGN("f64.copysign", Code.F64_COPYSIGN, "f64 f64 -> f64", PURE, "The first value with the sign of the second."),
    I32_WRAP_I64("i32.wrap_i64", Code.I32_WRAP_I64, "i64 -> i32", PURE, "Keeps the low 32 bits."),
    I32_TRUNC_F32_S("i32.trunc_f32_s", Code.I32_TRUNC_F32_S, "f32 -> i32", PURE, "Truncates toward zero, signed. Faults on NaN and when out of range."),
    I32_TRUNC_F32_U("i32.trunc_f32_u", Code.I32_TRUNC_F32_U, "f32 -> i32", PURE, "Truncates toward zero, unsigned. Faults on NaN and when out of range."),
    I32_TRUNC_F64_S("i32.trunc_f64_s", Code.I32_TRUNC_F64_S, "f64 -> i32", PURE, "Truncates toward zero, signed. Faults on NaN and when out of range."),
    I32_TRUNC_F64_U("i32.trunc_f64_u", Code.I32_TRUNC_F64_U, "f64 -> i32", PURE, "Truncates toward zero, unsigned. Faults on NaN and when out of range."),
    I64_EXTEND_I32_S("i64.extend_i32_s", Code.I64_EXTEND_I32_S, "i32 -> i64", PURE, "Sign-extends to 64 bits."),
    I64_EXTEND_I32_U("i64.extend_i32_u", Code.I64_EXTEND_I32_U, "i32 -> i64", PURE, "Zero-extends to 64 bits."),
    I64_TRUNC_F32_S("i64.trunc_f32_s", Code.I64_TRUNC_F32_S, "f32 -> i64", PURE, "Truncates toward zero, signed. Faults on NaN and when out of range."),
    I64_TRUNC_F32_U("i64.trunc_f32_u", Code.I64_TRUNC_F32_U, "f32 -> i64", PURE, "Truncates toward zero, unsigned. Faults on NaN and when out of range."),
    I64_TRUNC_F64_S("i64.trunc_f64_s", Code.I64_TRUNC_F64_S, "f64 -> i64", PURE, "Truncates toward zero, signed. Faults on NaN and when out of range."),
    I64_TRUNC_F64_U("i64.trunc_f64_u", Code.I64_TRUNC_F64_U, "f64 -> i64", PURE, "Truncates toward zero, unsigned. Faults on NaN and when out of range."),
    F32_CONVERT_I32_S("f32.convert_i32_s", Code.F32_CONVERT_I32_S, "i32 -> f32", PURE, "Converts a signed integer, rounding to nearest even."),
    F32_CONVERT_I32_U("f32.convert_i32_u", Code.F32_CONVERT_I32_U, "i32 -> f32", PURE, "Converts an unsigned integer, rounding to nearest even."),
    F32_CONVERT_I64_S("f32.convert_i64_s", Code.F32_CONVERT_I64_S, "i64 -> f32", PURE, "Converts a signed integer, rounding to nearest even."),
    F32_CONVERT_I64_U("f32.convert_i64_u", Code.F32_CONVERT_I64_U, "i64 -> f32", PURE, "Converts an unsigned integer, rounding to nearest even."),
    F32_DEMOTE_F64("f32.demote_f64", Code.F32_DEMOTE_F64, "f64 -> f32", PURE, "Rounds to single precision."),
    F64_CONVERT_I32_S("f64.convert_i32_s", Code.F64_CONVERT_I32_S, "i32 -> f64", PURE, "Converts a signed integer, rounding to nearest even."),
    F64_CONVERT_I32_U("f64.convert_i32_u", Code.F64_CONVERT_I32_U, "i32 -> f64", PURE, "Converts an unsigned integer, rounding to nearest even."),
    F64_CONVERT_I64_S("f64.convert_i64_s", Code.F64_CONVERT_I64_S, "i64 -> f64", PURE, "Converts a signed integer, rounding to nearest even."),
    F64_CONVERT_I64_U("f64.convert_i64_u", Code.F64_CONVERT_I64_U, "i64 -> f64", PURE, "Converts an unsigned integer, rounding to nearest even."),
    F64_PROMOTE_F32("f64.promote_f32", Code.F64_PROMOTE_F32, "f32 -> f64", PURE, "Widens to double precision."),
    I32_REINTERPRET_F32("i32.reinterpret_f32", Code.I32_REINTERPRET_F32, "f32 -> i32", PURE, "The same bits as an integer."),
    I64_REINTERPRET_F64("i64.reinterpret_f64", Code.I64_REINTERPRET_F64, "f64 -> i64", PURE, "The same bits as an integer."),
    F32_REINTERPRET_I32("f32.reinterpret_i32", Code.F32_REINTERPRET_I32, "i32 -> f32", PURE, "The same bits as a float."),
    F64_REINTERPRET_I64("f64.reinterpret_i64", Code.F64_REINTERPRET_I64, "i64 -> f64", PURE, "The same bits as a float."),
    I32_EXTEND8_S("i32.extend8_s", Code.I32_EXTEND8_S, "i32 -> i32", PURE, "Sign-extends the low 8 bits."),
    I32_EXTEND16_S("i32.extend16_s", Code.I32_EXTEND16_S, "i32 -> i32", PURE, "Sign-extends the low 16 bits."),
    I64_EXTEND8_S("i64.extend8_s", Code.I64_EXTEND8_S, "i64 -> i64", PURE, "Sign-extends the low 8 bits."),
    I64_EXTEND16_S("i64.extend16_s", Code.I64_EXTEND16_S, "i64 -> i64", PURE, "Sign-extends the low 16 bits."),
    I64_EXTEND32_S("i64.extend32_s", Code.I64_EXTEND32_S, "i64 -> i64", PURE, "Sign-extends the low 32 bits."),
    BR_UNLESS("br_unless", Code.BR_UNLESS, "i32 ->", STATE, "Pops a condition; jumps to the label if it is zero.", OperandKind.LABEL),
    UNWIND("unwind", Code.UNWIND, "*", PURE, "Keeps the top cells (first count) and removes the cells below them (second count).", OperandKind.COUNT, OperandKind.COUNT),
    CALL_HOST("call_host", Code.CALL_HOST, "*", HOST, "Calls an imported host function: pops its parameters, pushes its results.", OperandKind.IMPORT),
    HALT("halt", Code.HALT, "*", STATE, "Pops an i32 exit code and stops the program."),
    REF_NULL("ref.null", Code.REF_NULL, "*", PURE, "Pushes the null reference of a type.", OperandKind.REFERENCE),
    REF_IS_NULL("ref.is_null", Code.REF_IS_NULL, "*", PURE, "Pops a reference of any type; pushes 1 if it is null, else 0."),
    REF_FUNC("ref.func", Code.REF_FUNC, "-> funcref", PURE, "Pushes a reference to the function.", OperandKind.FUNCTION),
    I32_TRUNC_SAT_F32_S("i32.trunc_sat_f32_s", Code.I32_TRUNC_SAT_F32_S, "f32 -> i32", PURE, "Truncates toward zero, signed; NaN gives 0, out of range gives the nearest bound."),
    I32_TRUNC_SAT_F32_U("i32.trunc_sat_f32_u", Code.I32_TRUNC_SAT_F32_U, "f32 -> i32", PURE, "Truncates toward zero, unsigned; NaN gives 0, out of range gives the nearest bound."),
    I32_TRUNC_SAT_F64_S("i32.trunc_sat_f64_s", Code.I32_TRUNC_SAT_F64_S, "f64 -> i32", PURE, "Truncates toward zero, signed; NaN gives 0, out of range gives the nearest bound."),
    I32_TRUNC_SAT_F64_U("i32.trunc_sat_f64_u", Code.I32_TRUNC_SAT_F64_U, "f64 -> i32", PURE, "Truncates toward zero, unsigned; NaN gives 0, out of range gives the nearest bound."),
    I64_TRUNC_SAT_F32_S("i64.trunc_sat_f32_s", Code.I64_TRUNC_SAT_F32_S, "f32 -> i64", PURE, "Truncates toward zero, signed; NaN gives 0, out of range gives the nearest bound."),
    I64_TRUNC_SAT_F32_U("i64.trunc_sat_f32_u", Code.I64_TRUNC_SAT_F32_U, "f32 -> i64", PURE, "Truncates toward zero, unsigned; NaN gives 0, out of range gives the nearest bound."),
    I64_TRUNC_SAT_F64_S("i64.trunc_sat_f64_s", Code.I64_TRUNC_SAT_F64_S, "f64 -> i64", PURE, "Truncates toward zero, signed; NaN gives 0, out of range gives the nearest bound."),
    I64_TRUNC_SAT_F64_U("i64.trunc_sat_f64_u", Code.I64_TRUNC_SAT_F64_U, "f64 -> i64", PURE, "Truncates toward zero, unsigned; NaN gives 0, out of range gives the nearest bound."),
    MEMORY_INIT("memory.init", Code.MEMORY_INIT, "i32 i32 i32 ->", STATE, "Pops a length, an offset into the data segment and a destination address; copies the bytes into memory. A segment that was dropped is empty.", OperandKind.DATA, OperandKind.MEMORY),
    DATA_DROP("data.drop", Code.DATA_DROP, "->", STATE, "Drops the data segment: from here on it is empty.", OperandKind.DATA),
    MEMORY_COPY("memory.copy", Code.MEMORY_COPY, "i32 i32 i32 ->", STATE, "Pops a length, a source and a destination address; copies bytes from the second memory to the first, also when they overlap.", OperandKind.MEMORY, OperandKind.MEMORY),
    MEMORY_FILL("memory.fill", Code.MEMORY_FILL, "i32 i32 i32 ->", STATE, "Pops a length, a byte value and a destination address; fills the bytes.", OperandKind.MEMORY),
    TABLE_INIT("table.init", Code.TABLE_INIT, "i32 i32 i32 ->", STATE, "Pops a length, an index into the element segment and an index into the table; copies the elements into the table. A segment that was dropped is empty.", OperandKind.ELEMENTS, OperandKind.TABLE),
    ELEM_DROP("elem.drop", Code.ELEM_DROP, "->", STATE, "Drops the element segment: from here on it is empty.", OperandKind.ELEMENTS),
    TABLE_COPY("table.copy", Code.TABLE_COPY, "i32 i32 i32 ->", STATE, "Pops a length, a source index and a destination index; copies elements from the second table to the first, also when they overlap.", OperandKind.TABLE, OperandKind.TABLE),
    TABLE_GROW("table.grow", Code.TABLE_GROW, "*", STATE, "Pops a number of elements and a reference; grows the table by elements that hold the reference; pushes the old size, or -1 if it cannot grow.", OperandKind.TABLE),
    TABLE_SIZE("table.size", Code.TABLE_SIZE, "-> i32", STATE, "Pushes the number of elements of the table.", OperandKind.TABLE),
    TABLE_FILL("table.fill", Code.TABLE_FILL, "*", STATE, "Pops a length, a reference and an index; makes the reference that many elements of the table.", OperandKind.TABLE),
    INTERRUPT_ENABLE("interrupt.enable", Code.INTERRUPT_ENABLE, "->", STATE, "Sets the interrupt flag."),
    INTERRUPT_DISABLE("interrupt.disable", Code.INTERRUPT_DISABLE, "->", STATE, "Clears the interrupt flag."),
    INTERRUPT_ENABLED("interrupt.enabled", Code.INTERRUPT_ENABLED, "-> i32", STATE, "Pushes the interrupt flag, 0 or 1."),
    INTERRUPT_HANDLE("interrupt.handle", Code.INTERRUPT_HANDLE, "i32 ->", STATE, "Pops a signal, 1 to 31, and makes the function its handler; the function has type (i32 signal, i64 payload) -> ().", OperandKind.FUNCTION),
    INTERRUPT_UNHANDLE("interrupt.unhandle", Code.INTERRUPT_UNHANDLE, "i32 ->", STATE, "Pops a signal, 1 to 31, and removes its handler."),
    INTERRUPT_RAISE("interrupt.raise", Code.INTERRUPT_RAISE, "i32 i64 ->", STATE, "Pops a payload and a signal, 1 to 31, and makes the signal pending."),
    INTERRUPT_RETURN("interrupt.return", Code.INTERRUPT_RETURN, "*", STATE, "Leaves an interrupt handler and sets the interrupt flag. Faults outside a handler."),
    HP_GET("hp.get", Code.HP_GET, "-> i32", STATE, "Pushes the heap pointer register."),
    HP_SET("hp.set", Code.HP_SET, "i32 ->", STATE, "Pops into the heap pointer register."),
    IP_GET("ip.get", Code.IP_GET, "-> i64", STATE, "Pushes the position of this instruction: the index of the function times 2^32 plus the offset in it."),
    SP_GET("sp.get", Code.SP_GET, "-> i32", STATE, "Pushes the stack pointer as it is before: the index of the first free cell."),
    BP_GET("bp.get", Code.BP_GET, "-> i32", STATE, "Pushes the base pointer: the index of the first local of this frame."),
    ICOUNT_GET("icount.get", Code.ICOUNT_GET, "-> i64", STATE, "Pushes the number of instructions completed before this one."),
    I32_ADD_CHECKED_S("i32.add_checked_s", Code.I32_ADD_CHECKED_S, "i32 i32 -> i32", PURE, "Adds, signed. Faults with integer_overflow if the result does not fit."),
    I32_ADD_CHECKED_U("i32.add_checked_u", Code.I32_ADD_CHECKED_U, "i32 i32 -> i32", PURE, "Adds, unsigned. Faults with integer_overflow if the result does not fit."),
    I32_SUB_CHECKED_S("i32.sub_checked_s", Code.I32_SUB_CHECKED_S, "i32 i32 -> i32", PURE, "Subtracts, signed. Faults with integer_overflow if the result does not fit."),
    I32_SUB_CHECKED_U("i32.sub_checked_u", Code.I32_SUB_CHECKED_U, "i32 i32 -> i32", PURE, "Subtracts, unsigned. Faults with integer_overflow if the result does not fit."),
    I32_MUL_CHECKED_S("i32.mul_checked_s", Code.I32_MUL_CHECKED_S, "i32 i32 -> i32", PURE, "Multiplies, signed. Faults with integer_overflow if the result does not fit."),
    I32_MUL_CHECKED_U("i32.mul_checked_u", Code.I32_MUL_CHECKED_U, "i32 i32 -> i32", PURE, "Multiplies, unsigned. Faults with integer_overflow if the result does not fit."),
    I32_NEG_CHECKED_S("i32.neg_checked_s", Code.I32_NEG_CHECKED_S, "i32 -> i32", PURE, "Negates, signed. Faults with integer_overflow if the result does not fit."),
    I32_NEG_CHECKED_U("i32.neg_checked_u", Code.I32_NEG_CHECKED_U, "i32 -> i32", PURE, "Negates, unsigned. Faults with integer_overflow unless the value is zero."),
    I64_ADD_CHECKED_S("i64.add_checked_s", Code.I64_ADD_CHECKED_S, "i64 i64 -> i64", PURE, "Adds, signed. Faults with integer_overflow if the result does not fit."),
    I64_ADD_CHECKED_U("i64.add_checked_u", Code.I64_ADD_CHECKED_U, "i64 i64 -> i64", PURE, "Adds, unsigned. Faults with integer_overflow if the result does not fit."),
    I64_SUB_CHECKED_S("i64.sub_checked_s", Code.I64_SUB_CHECKED_S, "i64 i64 -> i64", PURE, "Subtracts, signed. Faults with integer_overflow if the result does not fit."),
    I64_SUB_CHECKED_U("i64.sub_checked_u", Code.I64_SUB_CHECKED_U, "i64 i64 -> i64", PURE, "Subtracts, unsigned. Faults with integer_overflow if the result does not fit."),
    I64_MUL_CHECKED_S("i64.mul_checked_s", Code.I64_MUL_CHECKED_S, "i64 i64 -> i64", PURE, "Multiplies, signed. Faults with integer_overflow if the result does not fit."),
    I64_MUL_CHECKED_U("i64.mul_checked_u", Code.I64_MUL_CHECKED_U, "i64 i64 -> i64", PURE, "Multiplies, unsigned. Faults with integer_overflow if the result does not fit."),
    I64_NEG_CHECKED_S("i64.neg_checked_s", Code.I64_NEG_CHECKED_S, "i64 -> i64", PURE, "Negates, signed. Faults with integer_overflow if the result does not fit."),
    I64_NEG_CHECKED_U("i64.neg_checked_u", Code.I64_NEG_CHECKED_U, "i64 -> i64", PURE, "Negates, unsigned. Faults with integer_overflow unless the value is zero."),
    I32_NARROW8_CHECKED_S("i32.narrow8_checked_s", Code.I32_NARROW8_CHECKED_S, "i32 -> i32", PURE, "Keeps a value that is an signed integer of 8 bits. Faults with integer_overflow on any other."),
    I32_NARROW8_CHECKED_U("i32.narrow8_checked_u", Code.I32_NARROW8_CHECKED_U, "i32 -> i32", PURE, "Keeps a value that is an unsigned integer of 8 bits. Faults with integer_overflow on any other."),
    I32_NARROW16_CHECKED_S("i32.narrow16_checked_s", Code.I32_NARROW16_CHECKED_S, "i32 -> i32", PURE, "Keeps a value that is an signed integer of 16 bits. Faults with integer_overflow on any other."),
    I32_NARROW16_CHECKED_U("i32.narrow16_checked_u", Code.I32_NARROW16_CHECKED_U, "i32 -> i32", PURE, "Keeps a value that is an unsigned integer of 16 bits. Faults with integer_overflow on any other."),
    I64_NARROW8_CHECKED_S("i64.narrow8_checked_s", Code.I64_NARROW8_CHECKED_S, "i64 -> i64", PURE, "Keeps a value that is an signed integer of 8 bits. Faults with integer_overflow on any other."),
    I64_NARROW8_CHECKED_U("i64.narrow8_checked_u", Code.I64_NARROW8_CHECKED_U, "i64 -> i64", PURE, "Keeps a value that is an unsigned integer of 8 bits. Faults with integer_overflow on any other."),
    I64_NARROW16_CHECKED_S("i64.narrow16_checked_s", Code.I64_NARROW16_CHECKED_S, "i64 -> i64", PURE, "Keeps a value that is an signed integer of 16 bits. Faults with integer_overflow on any other."),
    I64_NARROW16_CHECKED_U("i64.narrow16_checked_u", Code.I64_NARROW16_CHECKED_U, "i64 -> i64", PURE, "Keeps a value that is an unsigned integer of 16 bits. Faults with integer_overflow on any other."),
    I64_NARROW32_CHECKED_S("i64.narrow32_checked_s", Code.I64_NARROW32_CHECKED_S, "i64 -> i64", PURE, "Keeps a value that is an signed integer of 32 bits. Faults with integer_overflow on any other."),
    I64_NARROW32_CHECKED_U("i64.narrow32_checked_u", Code.I64_NARROW32_CHECKED_U, "i64 -> i64", PURE, "Keeps a value that is an unsigned integer of 32 bits. Faults with integer_overflow on any other."),
    I32_EXTEND8_U("i32.extend8_u", Code.I32_EXTEND8_U, "i32 -> i32", PURE, "Zero-extends the low 8 bits."),
    I32_EXTEND16_U("i32.extend16_u", Code.I32_EXTEND16_U, "i32 -> i32", PURE, "Zero-extends the low 16 bits."),
    I64_EXTEND8_U("i64.extend8_u", Code.I64_EXTEND8_U, "i64 -> i64", PURE, "Zero-extends the low 8 bits."),
    I64_EXTEND16_U("i64.extend16_u", Code.I64_EXTEND16_U, "i64 -> i64", PURE, "Zero-extends the low 16 bits."),
    SECTION_NEW("section.new", Code.SECTION_NEW, "i32 -> i32", STATE, "Pops a size in bytes and makes a heap section of zeros; pushes its number, which no other section has or had, or -1 if the limits leave no room."),
    SECTION_FREE("section.free", Code.SECTION_FREE, "i32 ->", STATE, "Pops the number of a section and frees the section."),
    SECTION_SIZE("section.size", Code.SECTION_SIZE, "i32 -> i32", STATE, "Pops the number of a section; pushes its size in bytes."),
    SECTION_LOAD8_S("section.load8_s", Code.SECTION_LOAD8_S, "i32 i32 -> i32", STATE, "Pops an index and the number of a section; loads 1 byte, sign-extended.", Access.SECTION_LOAD_1, OperandKind.OFFSET),
    SECTION_LOAD8_U("section.load8_u", Code.SECTION_LOAD8_U, "i32 i32 -> i32", STATE, "Pops an index and the number of a section; loads 1 byte, zero-extended.", Access.SECTION_LOAD_1, OperandKind.OFFSET),
    SECTION_LOAD16_S("section.load16_s", Code.SECTION_LOAD16_S, "i32 i32 -> i32", STATE, "Pops an index and the number of a section; loads 2 bytes, sign-extended, little-endian.", Access.SECTION_LOAD_2, OperandKind.OFFSET),
    SECTION_LOAD16_U("section.load16_u", Code.SECTION_LOAD16_U, "i32 i32 -> i32", STATE, "Pops an index and the number of a section; loads 2 bytes, zero-extended, little-endian.", Access.SECTION_LOAD_2, OperandKind.OFFSET),
    SECTION_LOAD32("section.load32", Code.SECTION_LOAD32, "i32 i32 -> i32", STATE, "Pops an index and the number of a section; loads 4 bytes, little-endian.", Access.SECTION_LOAD_4, OperandKind.OFFSET),
    SECTION_LOAD64("section.load64", Code.SECTION_LOAD64, "i32 i32 -> i64", STATE, "Pops an index and the number of a section; loads 8 bytes, little-endian.", Access.SECTION_LOAD_8, OperandKind.OFFSET),
    SECTION_STORE8("section.store8", Code.SECTION_STORE8, "i32 i32 i32 ->", STATE, "Pops a value, an index and the number of a section; stores the low byte.", Access.SECTION_STORE_1, OperandKind.OFFSET),
    SECTION_STORE16("section.store16", Code.SECTION_STORE16, "i32 i32 i32 ->", STATE, "Pops a value, an index and the number of a section; stores the low 2 bytes, little-endian.", Access.SECTION_STORE_2, OperandKind.OFFSET),
    SECTION_STORE32("section.store32", Code.SECTION_STORE32, "i32 i32 i32 ->", STATE, "Pops a value, an index and the number of a section; stores 4 bytes, little-endian.", Access.SECTION_STORE_4, OperandKind.OFFSET),
    SECTION_STORE64("section.store64", Code.SECTION_STORE64, "i32 i32 i64 ->", STATE, "Pops a value, an index and the number of a section; stores 8 bytes, little-endian.", Access.SECTION_STORE_8, OperandKind.OFFSET),
    SECTION_COPY("section.copy", Code.SECTION_COPY, "i32 i32 i32 i32 i32 ->", STATE, "Pops a length, a source index, a source section, a destination index and a destination section; copies bytes, also when they overlap."),
    SECTION_FILL("section.fill", Code.SECTION_FILL, "i32 i32 i32 i32 ->", STATE, "Pops a length, a byte value, an index and the number of a section; fills the bytes.");
    // spotless:on

    /** The types that an instruction pops and pushes, deepest cell first. */
    public record Effect(List<ValueType> pops, List<ValueType> pushes) {}

    private static final Map<String, Opcode> BY_MNEMONIC = new HashMap<>();
    private static final Map<Integer, Opcode> BY_CODE = new HashMap<>();

    static {
        for (Opcode opcode : values()) {
            BY_MNEMONIC.put(opcode.mnemonic, opcode);
            BY_CODE.put(opcode.code, opcode);
        }
    }

    private final String mnemonic;
    private final int code;
    /** One object for all who ask, as the verifier does for every instruction of a program. */
    private final Optional<Effect> effect;

    private final Determinism determinism;
    private final String documentation;
    private final @Nullable Access access;
    private final List<OperandKind> operands;

    Opcode(
            String mnemonic,
            int code,
            String effect,
            Determinism determinism,
            String documentation,
            OperandKind... operands) {
        this(mnemonic, code, effect, determinism, documentation, null, operands);
    }

    Opcode(
            String mnemonic,
            int code,
            String effect,
            Determinism determinism,
            String documentation,
            @Nullable Access access,
            OperandKind... operands) {
        this.mnemonic = mnemonic;
        this.code = code;
        this.effect = effect.equals("*") ? Optional.empty() : Optional.of(parse(effect));
        this.determinism = determinism;
        this.documentation = documentation;
        this.access = access;
        this.operands = List.of(operands);
    }

    private static Effect parse(String effect) {
        int arrow = effect.indexOf("->");
        return new Effect(types(effect.substring(0, arrow)), types(effect.substring(arrow + 2)));
    }

    private static List<ValueType> types(String names) {
        return Arrays.stream(names.trim().split(" "))
                .filter(name -> !name.isEmpty())
                .map(name -> ValueType.ofMnemonic(name).orElseThrow())
                .toList();
    }

    /** The name in assembly text, such as {@code i32.add}. */
    public String mnemonic() {
        return mnemonic;
    }

    /** The stable number in files, 0 to 0x3FF. */
    public int code() {
        return code;
    }

    /** The fixed stack effect, or empty where it depends on operands or state. */
    public Optional<Effect> effect() {
        return effect;
    }

    public Determinism determinism() {
        return determinism;
    }

    /** Where the run goes on. */
    public ControlFlow controlFlow() {
        return switch (this) {
            case BR, BR_TABLE -> ControlFlow.JUMP;
            case BR_IF, BR_UNLESS -> ControlFlow.BRANCH;
            case CALL, CALL_INDIRECT -> ControlFlow.CALL;
            case RETURN, INTERRUPT_RETURN -> ControlFlow.RETURN;
            case HALT, UNREACHABLE -> ControlFlow.STOP;
            default -> ControlFlow.NEXT;
        };
    }

    /** Whether it jumps to labels of its function, always or under a condition. */
    public boolean hasLabels() {
        return operands.contains(OperandKind.LABEL) || operands.contains(OperandKind.LABELS);
    }

    /** One line that says what the instruction does. */
    public String documentation() {
        return documentation;
    }

    /** Which bytes it reads or writes, if it is a load or a store. */
    public Optional<Access> access() {
        return Optional.ofNullable(access);
    }

    /** The kinds of the immediate operands, in the order they are written. At most two. */
    public List<OperandKind> operands() {
        return operands;
    }

    public static Optional<Opcode> ofMnemonic(String mnemonic) {
        return Optional.ofNullable(BY_MNEMONIC.get(mnemonic));
    }

    public static Optional<Opcode> ofCode(int code) {
        return Optional.ofNullable(BY_CODE.get(code));
    }
}
