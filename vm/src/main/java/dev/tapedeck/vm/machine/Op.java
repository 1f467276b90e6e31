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

    // Several instructions in one, up to UNARY; see Fusion. They stand here so that the cases of the loop have no gaps
    // between them, which take room. Their operands are named after the instructions they are of: what stands first is
    // the small operand, what stands second the big one, and so on as far as nothing else is said.

    static final int GET_GET = 93;
    static final int GET_CONST = 94;
    static final int GET_GET_ADD = 95;
    /** The constant is negated for a subtraction. */
    static final int GET_CONST_ADD = 96;
    /** The local that is set is the operand of the last instruction. */
    static final int GET_CONST_ADD_SET = 97;

    static final int GET_CONST_ADD_TEE = 98;
    /** Big: the local. */
    static final int GET_ADD = 99;
    /** Big: the constant, negated for a subtraction. */
    static final int CONST_ADD = 100;
    /** Big: the local that is set; small: the one that is got. */
    static final int SET_GET = 101;
    /** Big: the local; the memory offset is the operand of the second instruction. */
    static final int GET_LOAD8_U = 102;

    static final int GET_LOAD32_S = 103;
    static final int GET_LOAD64 = 104;

    /** A comparison and the conditional branch behind it, which keeps its operands; in the order of the comparisons. */
    static final int EQZ_BRANCH = 105;

    static final int EQ_BRANCH = 106;
    static final int NE_BRANCH = 107;
    static final int LT_S_BRANCH = 108;
    static final int LT_U_BRANCH = 109;
    static final int GT_S_BRANCH = 110;
    static final int GT_U_BRANCH = 111;
    static final int LE_S_BRANCH = 112;
    static final int LE_U_BRANCH = 113;
    static final int GE_S_BRANCH = 114;
    static final int GE_U_BRANCH = 115;

    /** Two locals are added, and are the address; the memory offset is the operand of the last instruction. */
    static final int GET_GET_ADD_LOAD8_U = 116;

    static final int GET_GET_F64_ADD = 117;
    static final int GET_GET_F64_SUB = 118;
    static final int GET_GET_F64_MUL = 119;
    /** Big: the local. */
    static final int GET_F64_ADD = 120;

    static final int GET_F64_SUB = 121;
    static final int GET_F64_MUL = 122;
    /** Big: the constant. */
    static final int CONST_AND = 123;

    static final int CONST_I32_SHL = 124;
    static final int CONST_I32_SHR_U = 125;
    /** Big: the constant; the branch keeps its operands. */
    static final int CONST_EQ_BRANCH = 126;

    static final int CONST_NE_BRANCH = 127;
    static final int F64_LT_BRANCH = 128;
    static final int F64_GT_BRANCH = 129;

    /** Big: the local that is the condition; the branch keeps its operands. */
    static final int GET_BRANCH = 130;

    /** Big: the local that is set, and is the condition; the branch keeps its operands. */
    static final int TEE_BRANCH = 131;

    static final int GET_SET = 132;

    /** Big: the constant; small: the local. */
    static final int CONST_SET = 133;

    /** Big: the local. */
    static final int GET_XOR = 134;

    /** Big: the constant. */
    static final int CONST_XOR = 135;

    /** Big: the constant; small: the local. */
    static final int CONST_AND_TEE = 136;

    /** Big: the local; the memory offset is the operand of the second instruction. */
    static final int GET_LOAD16_S = 137;

    /** As {@link #GET_CONST_ADD_TEE}; the branch keeps its operands. */
    static final int GET_CONST_ADD_TEE_BRANCH = 138;

    /** The branch keeps its operands. */
    static final int GET_CONST_LT_S_BRANCH = 139;

    /** Big: the constant; the branch keeps its operands. */
    static final int CONST_GT_U_BRANCH = 140;

    /** Operations that replace the top cell by {@link Numeric#unary} of it; from here to {@link #TRAPPING}. */
    static final int UNARY = 141;

    static final int I32_CLZ = 141;
    static final int I32_CTZ = 142;
    static final int I32_POPCNT = 143;
    static final int I64_CLZ = 144;
    static final int I64_CTZ = 145;
    static final int I64_POPCNT = 146;
    static final int F32_ABS = 147;
    static final int F32_NEG = 148;
    static final int F32_CEIL = 149;
    static final int F32_FLOOR = 150;
    static final int F32_TRUNC = 151;
    static final int F32_NEAREST = 152;
    static final int F32_SQRT = 153;
    static final int F64_ABS = 154;
    static final int F64_NEG = 155;
    static final int F64_CEIL = 156;
    static final int F64_FLOOR = 157;
    static final int F64_TRUNC = 158;
    static final int F64_NEAREST = 159;
    static final int F64_SQRT = 160;
    static final int F32_CONVERT_S = 161;
    static final int F32_CONVERT_I32_U = 162;
    static final int F32_CONVERT_I64_U = 163;
    static final int F32_DEMOTE_F64 = 164;
    static final int F64_CONVERT_S = 165;
    static final int F64_CONVERT_I32_U = 166;
    static final int F64_CONVERT_I64_U = 167;
    static final int F64_PROMOTE_F32 = 168;
    static final int EXTEND8_U = 169;
    static final int EXTEND16_U = 170;
    static final int I32_TRUNC_SAT_F32_S = 171;
    static final int I32_TRUNC_SAT_F32_U = 172;
    static final int I32_TRUNC_SAT_F64_S = 173;
    static final int I32_TRUNC_SAT_F64_U = 174;
    static final int I64_TRUNC_SAT_F32_S = 175;
    static final int I64_TRUNC_SAT_F32_U = 176;
    static final int I64_TRUNC_SAT_F64_S = 177;
    static final int I64_TRUNC_SAT_F64_U = 178;

    /**
     * Unary operations that fault unless {@link Numeric#fits(int, long)}; from here to {@link #BINARY}.
     */
    static final int TRAPPING = 179;

    static final int I32_TRUNC_F32_S = 179;
    static final int I32_TRUNC_F32_U = 180;
    static final int I32_TRUNC_F64_S = 181;
    static final int I32_TRUNC_F64_U = 182;
    static final int I64_TRUNC_F32_S = 183;
    static final int I64_TRUNC_F32_U = 184;
    static final int I64_TRUNC_F64_S = 185;
    static final int I64_TRUNC_F64_U = 186;
    static final int NARROW8_S = 187;
    static final int NARROW8_U = 188;
    static final int NARROW16_S = 189;
    static final int NARROW16_U = 190;
    static final int NARROW32_S = 191;
    static final int NARROW32_U = 192;
    static final int I32_NEG_CHECKED_S = 193;
    static final int I64_NEG_CHECKED_S = 194;
    static final int NEG_CHECKED_U = 195;

    /** Operations that replace the two top cells by {@link Numeric#binary} of them; from here to {@link #OUTSIDE}. */
    static final int BINARY = 196;

    static final int F32_EQ = 196;
    static final int F32_NE = 197;
    static final int F32_LT = 198;
    static final int F32_GT = 199;
    static final int F32_LE = 200;
    static final int F32_GE = 201;
    static final int F32_MIN = 202;
    static final int F32_MAX = 203;
    static final int F32_COPYSIGN = 204;
    static final int F64_MIN = 205;
    static final int F64_MAX = 206;
    static final int F64_COPYSIGN = 207;

    /** The binary operations that fault unless {@link Numeric#fits(int, long, long)}; from here to {@link #OUTSIDE}. */
    static final int CHECKED = 208;

    static final int I32_ADD_CHECKED_S = 208;
    static final int I32_ADD_CHECKED_U = 209;
    static final int I32_SUB_CHECKED_S = 210;
    static final int I32_SUB_CHECKED_U = 211;
    static final int I32_MUL_CHECKED_S = 212;
    static final int I32_MUL_CHECKED_U = 213;
    static final int I64_ADD_CHECKED_S = 214;
    static final int I64_ADD_CHECKED_U = 215;
    static final int I64_SUB_CHECKED_S = 216;
    static final int I64_SUB_CHECKED_U = 217;
    static final int I64_MUL_CHECKED_S = 218;
    static final int I64_MUL_CHECKED_U = 219;

    /** Operations that leave the loop and are carried out by the machine; from here to {@link #UNREACHABLE}. */
    static final int OUTSIDE = 220;

    static final int CALL_HOST = 220;
    static final int MEMORY_GROW = 221;
    static final int MEMORY_COPY = 222;
    static final int MEMORY_FILL = 223;
    static final int HALT = 224;
    static final int INTERRUPT_ENABLE = 225;
    static final int INTERRUPT_DISABLE = 226;
    static final int INTERRUPT_ENABLED = 227;
    static final int INTERRUPT_HANDLE = 228;
    static final int INTERRUPT_UNHANDLE = 229;
    static final int INTERRUPT_RAISE = 230;
    static final int INTERRUPT_RETURN = 231;
    static final int MEMORY_INIT = 232;
    static final int DATA_DROP = 233;
    static final int TABLE_GET = 234;
    static final int TABLE_SET = 235;
    static final int TABLE_INIT = 236;
    static final int ELEM_DROP = 237;
    static final int TABLE_COPY = 238;
    static final int TABLE_GROW = 239;
    static final int TABLE_SIZE = 240;
    static final int TABLE_FILL = 241;
    static final int IP_GET = 242;
    static final int SP_GET = 243;
    static final int BP_GET = 244;
    static final int ICOUNT_GET = 245;
    static final int SECTION_NEW = 246;
    static final int SECTION_FREE = 247;
    static final int SECTION_SIZE = 248;
    static final int SECTION_LOAD8_S = 249;
    static final int SECTION_LOAD8_U = 250;
    static final int SECTION_LOAD16_S = 251;
    static final int SECTION_LOAD16_U = 252;
    static final int SECTION_LOAD32 = 253;
    static final int SECTION_LOAD64 = 254;
    static final int SECTION_STORE8 = 255;
    static final int SECTION_STORE16 = 256;
    static final int SECTION_STORE32 = 257;
    static final int SECTION_STORE64 = 258;
    static final int SECTION_COPY = 259;
    static final int SECTION_FILL = 260;
    /** The size of a memory that is not memory 0. */
    static final int OTHER_SIZE = 261;

    /** Loads and stores of a memory that is not memory 0, which is the small operand; in the order of those of memory 0. */
    static final int OTHER_MEMORY = 262;

    /** Behind the last of them. */
    static final int OTHER_MEMORY_END = OTHER_MEMORY + STORE64 - LOAD8_S + 1;

    static final int UNREACHABLE = 273;
}
