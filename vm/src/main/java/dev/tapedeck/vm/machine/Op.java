package dev.tapedeck.vm.machine;

/**
 * The operations of the interpreter loop. Instructions that do the same to raw cells share one operation; what a jump or
 * a return has to do is decided once, at predecoding. The numbers are dense, so that the loop's switch is a table, and
 * internal: they stand in no file.
 */
final class Op {
    private Op() {}

    static final int NOP = 0;
    static final int CONST = 1;
    static final int CONST_POOL = 2;
    static final int LOCAL_GET = 3;
    static final int LOCAL_SET = 4;
    static final int LOCAL_TEE = 5;
    static final int GLOBAL_GET = 6;
    static final int GLOBAL_SET = 7;
    static final int DROP = 8;
    static final int SELECT = 9;
    static final int UNWIND = 10;
    static final int BR_FORWARD = 11;
    static final int BR_BACK = 12;
    static final int BR_IF_FORWARD = 13;
    static final int BR_IF_BACK = 14;
    static final int BR_UNLESS_FORWARD = 15;
    static final int BR_UNLESS_BACK = 16;
    static final int BR_TABLE = 17;
    static final int CALL = 18;
    static final int CALL_INDIRECT = 19;
    static final int RETURN_NONE = 20;
    static final int RETURN_ONE = 21;
    static final int RETURN_MANY = 22;
    static final int LOAD8_S = 23;
    static final int LOAD8_U = 24;
    static final int LOAD16_S = 25;
    static final int LOAD16_U = 26;
    static final int LOAD32_S = 27;
    static final int LOAD32_U = 28;
    static final int LOAD64 = 29;
    static final int STORE8 = 30;
    static final int STORE16 = 31;
    static final int STORE32 = 32;
    static final int STORE64 = 33;
    static final int EQZ = 34;
    static final int EQ = 35;
    static final int NE = 36;
    static final int LT_S = 37;
    static final int LT_U = 38;
    static final int GT_S = 39;
    static final int GT_U = 40;
    static final int LE_S = 41;
    static final int LE_U = 42;
    static final int GE_S = 43;
    static final int GE_U = 44;
    static final int AND = 45;
    static final int OR = 46;
    static final int XOR = 47;
    static final int I32_ADD = 48;
    static final int I32_SUB = 49;
    static final int I32_MUL = 50;
    static final int I32_SHL = 51;
    static final int I32_SHR_S = 52;
    static final int I32_SHR_U = 53;
    static final int I32_ROTL = 54;
    static final int I32_ROTR = 55;
    static final int I64_ADD = 56;
    static final int I64_SUB = 57;
    static final int I64_MUL = 58;
    static final int I64_SHL = 59;
    static final int I64_SHR_S = 60;
    static final int I64_SHR_U = 61;
    static final int I64_ROTL = 62;
    static final int I64_ROTR = 63;
    static final int I32_DIV_S = 64;
    static final int I32_DIV_U = 65;
    static final int I32_REM_S = 66;
    static final int I32_REM_U = 67;
    static final int I64_DIV_S = 68;
    static final int I64_DIV_U = 69;
    static final int I64_REM_S = 70;
    static final int I64_REM_U = 71;
    static final int EXTEND8 = 72;
    static final int EXTEND16 = 73;
    static final int EXTEND32_S = 74;
    static final int EXTEND32_U = 75;
    static final int F64_ADD = 76;
    static final int F64_SUB = 77;
    static final int F64_MUL = 78;
    static final int F64_DIV = 79;
    static final int F64_EQ = 80;
    static final int F64_NE = 81;
    static final int F64_LT = 82;
    static final int F64_GT = 83;
    static final int F64_LE = 84;
    static final int F64_GE = 85;
    static final int F32_ADD = 86;
    static final int F32_SUB = 87;
    static final int F32_MUL = 88;
    static final int F32_DIV = 89;
    static final int HP_GET = 90;
    static final int HP_SET = 91;
    static final int MEMORY_SIZE = 92;

    /** Operations that replace the top cell by {@link Numeric#unary} of it; from here to {@link #TRAPPING}. */
    static final int UNARY = 93;

    static final int I32_CLZ = 93;
    static final int I32_CTZ = 94;
    static final int I32_POPCNT = 95;
    static final int I64_CLZ = 96;
    static final int I64_CTZ = 97;
    static final int I64_POPCNT = 98;
    static final int F32_ABS = 99;
    static final int F32_NEG = 100;
    static final int F32_CEIL = 101;
    static final int F32_FLOOR = 102;
    static final int F32_TRUNC = 103;
    static final int F32_NEAREST = 104;
    static final int F32_SQRT = 105;
    static final int F64_ABS = 106;
    static final int F64_NEG = 107;
    static final int F64_CEIL = 108;
    static final int F64_FLOOR = 109;
    static final int F64_TRUNC = 110;
    static final int F64_NEAREST = 111;
    static final int F64_SQRT = 112;
    static final int F32_CONVERT_S = 113;
    static final int F32_CONVERT_I32_U = 114;
    static final int F32_CONVERT_I64_U = 115;
    static final int F32_DEMOTE_F64 = 116;
    static final int F64_CONVERT_S = 117;
    static final int F64_CONVERT_I32_U = 118;
    static final int F64_CONVERT_I64_U = 119;
    static final int F64_PROMOTE_F32 = 120;
    static final int EXTEND8_U = 121;
    static final int EXTEND16_U = 122;
    static final int I32_TRUNC_SAT_F32_S = 123;
    static final int I32_TRUNC_SAT_F32_U = 124;
    static final int I32_TRUNC_SAT_F64_S = 125;
    static final int I32_TRUNC_SAT_F64_U = 126;
    static final int I64_TRUNC_SAT_F32_S = 127;
    static final int I64_TRUNC_SAT_F32_U = 128;
    static final int I64_TRUNC_SAT_F64_S = 129;
    static final int I64_TRUNC_SAT_F64_U = 130;

    /**
     * Unary operations that fault unless {@link Numeric#fits(int, long)}; from here to {@link #BINARY}.
     */
    static final int TRAPPING = 131;

    static final int I32_TRUNC_F32_S = 131;
    static final int I32_TRUNC_F32_U = 132;
    static final int I32_TRUNC_F64_S = 133;
    static final int I32_TRUNC_F64_U = 134;
    static final int I64_TRUNC_F32_S = 135;
    static final int I64_TRUNC_F32_U = 136;
    static final int I64_TRUNC_F64_S = 137;
    static final int I64_TRUNC_F64_U = 138;
    static final int NARROW8_S = 139;
    static final int NARROW8_U = 140;
    static final int NARROW16_S = 141;
    static final int NARROW16_U = 142;
    static final int NARROW32_S = 143;
    static final int NARROW32_U = 144;
    static final int I32_NEG_CHECKED_S = 145;
    static final int I64_NEG_CHECKED_S = 146;
    static final int NEG_CHECKED_U = 147;

    /** Operations that replace the two top cells by {@link Numeric#binary} of them; from here to {@link #OUTSIDE}. */
    static final int BINARY = 148;

    static final int F32_EQ = 148;
    static final int F32_NE = 149;
    static final int F32_LT = 150;
    static final int F32_GT = 151;
    static final int F32_LE = 152;
    static final int F32_GE = 153;
    static final int F32_MIN = 154;
    static final int F32_MAX = 155;
    static final int F32_COPYSIGN = 156;
    static final int F64_MIN = 157;
    static final int F64_MAX = 158;
    static final int F64_COPYSIGN = 159;

    /** The binary operations that fault unless {@link Numeric#fits(int, long, long)}; from here to {@link #OUTSIDE}. */
    static final int CHECKED = 160;

    static final int I32_ADD_CHECKED_S = 160;
    static final int I32_ADD_CHECKED_U = 161;
    static final int I32_SUB_CHECKED_S = 162;
    static final int I32_SUB_CHECKED_U = 163;
    static final int I32_MUL_CHECKED_S = 164;
    static final int I32_MUL_CHECKED_U = 165;
    static final int I64_ADD_CHECKED_S = 166;
    static final int I64_ADD_CHECKED_U = 167;
    static final int I64_SUB_CHECKED_S = 168;
    static final int I64_SUB_CHECKED_U = 169;
    static final int I64_MUL_CHECKED_S = 170;
    static final int I64_MUL_CHECKED_U = 171;

    /** Operations that leave the loop and are carried out by the machine; from here to {@link #UNREACHABLE}. */
    static final int OUTSIDE = 172;

    static final int CALL_HOST = 172;
    static final int MEMORY_GROW = 173;
    static final int MEMORY_COPY = 174;
    static final int MEMORY_FILL = 175;
    static final int HALT = 176;
    static final int INTERRUPT_ENABLE = 177;
    static final int INTERRUPT_DISABLE = 178;
    static final int INTERRUPT_ENABLED = 179;
    static final int INTERRUPT_HANDLE = 180;
    static final int INTERRUPT_UNHANDLE = 181;
    static final int INTERRUPT_RAISE = 182;
    static final int INTERRUPT_RETURN = 183;
    static final int MEMORY_INIT = 184;
    static final int DATA_DROP = 185;
    static final int TABLE_GET = 186;
    static final int TABLE_SET = 187;
    static final int TABLE_INIT = 188;
    static final int ELEM_DROP = 189;
    static final int TABLE_COPY = 190;
    static final int TABLE_GROW = 191;
    static final int TABLE_SIZE = 192;
    static final int TABLE_FILL = 193;
    static final int IP_GET = 194;
    static final int SP_GET = 195;
    static final int BP_GET = 196;
    static final int ICOUNT_GET = 197;
    static final int SECTION_NEW = 198;
    static final int SECTION_FREE = 199;
    static final int SECTION_SIZE = 200;
    static final int SECTION_LOAD8_S = 201;
    static final int SECTION_LOAD8_U = 202;
    static final int SECTION_LOAD16_S = 203;
    static final int SECTION_LOAD16_U = 204;
    static final int SECTION_LOAD32 = 205;
    static final int SECTION_LOAD64 = 206;
    static final int SECTION_STORE8 = 207;
    static final int SECTION_STORE16 = 208;
    static final int SECTION_STORE32 = 209;
    static final int SECTION_STORE64 = 210;
    static final int SECTION_COPY = 211;
    static final int SECTION_FILL = 212;
    /** The size of a memory that is not memory 0. */
    static final int OTHER_SIZE = 213;

    /** Loads and stores of a memory that is not memory 0, which is the small operand; in the order of those of memory 0. */
    static final int OTHER_MEMORY = 214;

    /** Behind the last of them. */
    static final int OTHER_MEMORY_END = OTHER_MEMORY + STORE64 - LOAD8_S + 1;

    static final int UNREACHABLE = 225;

    // Several instructions in one, from here on; see Fusion. Their operands are named after the instructions they are
    // of:
    // what stands first is the small operand, what stands second the big one, and so on as far as nothing else is said.

    static final int GET_GET = 226;
    static final int GET_CONST = 227;
    static final int GET_GET_ADD = 228;
    /** The constant is negated for a subtraction. */
    static final int GET_CONST_ADD = 229;
    /** The local that is set is the operand of the last instruction. */
    static final int GET_CONST_ADD_SET = 230;

    static final int GET_CONST_ADD_TEE = 231;
    /** Big: the local. */
    static final int GET_ADD = 232;
    /** Big: the constant, negated for a subtraction. */
    static final int CONST_ADD = 233;
    /** Big: the local that is set; small: the one that is got. */
    static final int SET_GET = 234;
    /** Big: the local; the memory offset is the operand of the second instruction. */
    static final int GET_LOAD8_U = 235;

    static final int GET_LOAD32_S = 236;
    static final int GET_LOAD64 = 237;

    /** A comparison and the conditional branch behind it, which keeps its operands; in the order of the comparisons. */
    static final int EQZ_BRANCH = 238;

    static final int EQ_BRANCH = 239;
    static final int NE_BRANCH = 240;
    static final int LT_S_BRANCH = 241;
    static final int LT_U_BRANCH = 242;
    static final int GT_S_BRANCH = 243;
    static final int GT_U_BRANCH = 244;
    static final int LE_S_BRANCH = 245;
    static final int LE_U_BRANCH = 246;
    static final int GE_S_BRANCH = 247;
    static final int GE_U_BRANCH = 248;

    /** Two locals are added, and are the address; the memory offset is the operand of the last instruction. */
    static final int GET_GET_ADD_LOAD8_U = 249;

    static final int GET_GET_F64_ADD = 250;
    static final int GET_GET_F64_SUB = 251;
    static final int GET_GET_F64_MUL = 252;
    /** Big: the local. */
    static final int GET_F64_ADD = 253;

    static final int GET_F64_SUB = 254;
    static final int GET_F64_MUL = 255;
    /** Big: the constant. */
    static final int CONST_AND = 256;

    static final int CONST_I32_SHL = 257;
    static final int CONST_I32_SHR_U = 258;
    /** Big: the constant; the branch keeps its operands. */
    static final int CONST_EQ_BRANCH = 259;

    static final int CONST_NE_BRANCH = 260;
    static final int F64_LT_BRANCH = 261;
    static final int F64_GT_BRANCH = 262;
}
