package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.isa.Code;

/**
 * Reads functions without validating them. A module that is malformed in one place and not valid in another is malformed;
 * validation, which reads as it goes, stops at the first of the two.
 */
final class CodeScan {
    private static final int BLOCK = 0x02;
    private static final int IF = 0x04;
    private static final int ELSE = 0x05;
    private static final int END = 0x0B;
    private static final int SELECT_TYPED = 0x1C;
    private static final int MISCELLANEOUS = 0xFC;
    private static final int MISCELLANEOUS_CODES = 0x100;
    private static final int EMPTY_BLOCK = 0x40;

    private final WasmModule module;
    private final WasmInput in;

    CodeScan(WasmModule module) {
        this.module = module;
        in = new WasmInput(module.bytes, 0, module.bytes.length);
    }

    /** @throws WasmException if one of the functions from this one on is malformed */
    void scanFrom(int index) throws WasmException {
        for (int i = index; i < module.bodies.length / 2; i++) {
            in.position = module.bodies[2 * i];
            locals();
            int depth = 1;
            while (depth > 0) {
                depth += instruction();
            }
            if (in.position != module.bodies[2 * i + 1]) {
                throw WasmInput.malformed(
                        "section size mismatch: the body of function " + (module.importedFunctions + i)
                                + " ends somewhere else",
                        in.position);
            }
        }
    }

    private void locals() throws WasmException {
        int groups = in.count();
        for (int i = 0; i < groups; i++) {
            in.u32();
            WasmReader.valueType(in);
        }
    }

    /** Returns by how many blocks the next instruction is deeper than this. */
    private int instruction() throws WasmException {
        int at = in.position;
        int code = in.u8();
        if (code >= BLOCK && code <= IF) {
            blockType();
            return 1;
        }
        if (code == END) {
            return -1;
        }
        switch (code) {
            case ELSE, Code.UNREACHABLE, Code.NOP, Code.RETURN, Code.DROP, Code.SELECT, Code.REF_IS_NULL -> {
                // Nothing follows.
            }
            case Code.BR, Code.BR_IF, Code.CALL, Code.REF_FUNC -> indexes(1);
            case Code.LOCAL_GET, Code.LOCAL_SET, Code.LOCAL_TEE, Code.GLOBAL_GET, Code.GLOBAL_SET -> indexes(1);
            case Code.TABLE_GET, Code.TABLE_SET -> indexes(1);
            case Code.BR_TABLE -> indexes(in.count() + 1);
            case Code.CALL_INDIRECT -> indexes(2);
            case SELECT_TYPED -> {
                for (int count = in.count(); count > 0; count--) {
                    WasmReader.valueType(in);
                }
            }
            case Code.MEMORY_SIZE, Code.MEMORY_GROW -> zero();
            case Code.I32_CONST -> in.signed(Integer.SIZE);
            case Code.I64_CONST -> in.signed(Long.SIZE);
            case Code.F32_CONST -> in.fixed32();
            case Code.F64_CONST -> in.fixed64();
            case Code.REF_NULL -> WasmReader.referenceType(in);
            case MISCELLANEOUS -> miscellaneous(at);
            default -> {
                if (code >= Code.I32_LOAD && code <= Code.I64_STORE32) {
                    indexes(2);
                } else if (code < Code.I32_EQZ || code > Code.I64_EXTEND32_S) {
                    throw CodeLowering.illegal(code, 0, at);
                }
            }
        }
        return 0;
    }

    private void blockType() throws WasmException {
        int code = in.peek();
        if (code == EMPTY_BLOCK) {
            in.u8();
        } else if ((code & 0xC0) == 0x40) {
            WasmReader.valueType(in);
        } else {
            in.signed(33);
        }
    }

    private void miscellaneous(int at) throws WasmException {
        int second = in.index();
        if (second > Code.TABLE_FILL - MISCELLANEOUS_CODES) {
            throw CodeLowering.illegal(MISCELLANEOUS, second, at);
        }
        switch (MISCELLANEOUS_CODES + second) {
            case Code.MEMORY_INIT -> {
                indexes(1);
                zero();
            }
            case Code.MEMORY_COPY -> {
                zero();
                zero();
            }
            case Code.MEMORY_FILL -> zero();
            case Code.TABLE_INIT, Code.TABLE_COPY -> indexes(2);
            case Code.DATA_DROP, Code.ELEM_DROP, Code.TABLE_GROW, Code.TABLE_SIZE, Code.TABLE_FILL -> indexes(1);
            default -> {
                // The others are saturating truncations.
            }
        }
    }

    private void indexes(int count) throws WasmException {
        for (int i = 0; i < count; i++) {
            in.u32();
        }
    }

    private void zero() throws WasmException {
        int at = in.position;
        if (in.u8() != 0) {
            throw WasmInput.malformed("zero byte expected", at);
        }
    }
}
