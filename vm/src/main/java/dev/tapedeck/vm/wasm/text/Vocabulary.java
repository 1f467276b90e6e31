package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.Opcode;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The words of the text format. */
final class Vocabulary {
    /** Up to here, and from 0xD0 to 0xD2, codes of one byte are WebAssembly's; others are the machine's own. */
    private static final int LAST_PLAIN = 0xC4;

    private static final int PREFIXED = 0x100;
    private static final int LAST_PREFIXED = 0x17F;

    /** Words that are no instructions; some of them belong to scripts of tests. */
    private static final Set<String> KEYWORDS = Set.of(
            "module",
            "type",
            "func",
            "param",
            "result",
            "local",
            "global",
            "mut",
            "table",
            "memory",
            "data",
            "elem",
            "declare",
            "item",
            "offset",
            "import",
            "export",
            "start",
            "i32",
            "i64",
            "f32",
            "f64",
            "funcref",
            "externref",
            "extern",
            "block",
            "loop",
            "if",
            "then",
            "else",
            "end",
            "nan:canonical",
            "nan:arithmetic",
            "binary",
            "quote",
            "register",
            "invoke",
            "get",
            "script",
            "input",
            "output",
            "assert_malformed",
            "assert_invalid",
            "assert_unlinkable",
            "assert_return",
            "assert_trap",
            "assert_exhaustion",
            "ref.extern");

    /** What instructions were called before WebAssembly 1.0. */
    private static final Map<String, String> OLD_NAMES = Map.of(
            "get_local", "local.get",
            "set_local", "local.set",
            "tee_local", "local.tee",
            "get_global", "global.get",
            "set_global", "global.set",
            "current_memory", "memory.size",
            "grow_memory", "memory.grow",
            "anyfunc", "funcref");

    private Vocabulary() {}

    /** The instruction of that name, apart from blocks. */
    static Optional<Opcode> instruction(String word) {
        return Opcode.ofMnemonic(word).filter(opcode -> isOfWebAssembly(opcode.code()));
    }

    private static boolean isOfWebAssembly(int code) {
        return code <= LAST_PLAIN
                || (code >= Code.REF_NULL && code <= Code.REF_FUNC)
                || (code >= PREFIXED && code <= LAST_PREFIXED);
    }

    /** Whether a word has a meaning somewhere in a module. */
    static boolean knows(String word) {
        if (word.startsWith("$")) {
            return word.length() > 1;
        }
        return KEYWORDS.contains(word)
                || Literals.form(word) != Literals.Form.NONE
                || instruction(word).isPresent()
                || isAssigned(word, "offset=")
                || isAssigned(word, "align=");
    }

    private static boolean isAssigned(String word, String key) {
        return word.startsWith(key) && Literals.form(word.substring(key.length())) == Literals.Form.NATURAL;
    }

    /** What may have been meant by a word that means nothing; may be empty. */
    static String hint(String word) {
        String now = OLD_NAMES.get(word);
        if (now == null && word.indexOf('/') > 0) {
            now = converted(word);
        }
        return now == null || now.isEmpty() ? "" : "it is called " + now;
    }

    /** Conversions had a slash: {@code i32.trunc_s/f32} is {@code i32.trunc_f32_s}. */
    private static String converted(String word) {
        int slash = word.indexOf('/');
        String operation = word.substring(0, slash);
        String type = word.substring(slash + 1);
        String signs = operation.endsWith("_s") || operation.endsWith("_u") || operation.endsWith(":sat")
                ? operation.substring(operation.length() - 2)
                : "";
        String candidate = operation.substring(0, operation.length() - signs.length()) + "_" + type + signs;
        return instruction(candidate).isPresent() ? candidate : "";
    }

    /** What a later version of the standard calls the feature that an instruction belongs to; empty if there is none. */
    static String featureOfInstruction(String word) {
        if (Arrays.asList("v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2")
                .contains(prefix(word))) {
            return "SIMD";
        }
        if (word.contains(".atomic.")) {
            return "threads";
        }
        return switch (word) {
            case "return_call", "return_call_indirect", "return_call_ref" -> "tail calls";
            case "try", "try_table", "catch", "catch_all", "throw", "throw_ref", "rethrow", "delegate" ->
                "exception handling";
            case "call_ref", "br_on_null", "br_on_non_null", "ref.as_non_null" -> "typed function references";
            case "ref.eq",
                    "ref.test",
                    "ref.cast",
                    "ref.i31",
                    "br_on_cast",
                    "br_on_cast_fail",
                    "any.convert_extern",
                    "extern.convert_any" -> "garbage collection";
            case "memory.discard", "i64.add128", "i64.sub128", "i64.mul_wide_s", "i64.mul_wide_u" ->
                "proposals beyond WebAssembly 2.0";
            default -> Arrays.asList("struct", "array", "i31").contains(prefix(word)) ? "garbage collection" : "";
        };
    }

    private static String prefix(String word) {
        int dot = word.indexOf('.');
        return dot < 0 ? "" : word.substring(0, dot);
    }

    static String featureOfType(String word) {
        return switch (word) {
            case "v128" -> "SIMD";
            case "exnref" -> "exception handling";
            case "anyref", "eqref", "i31ref", "structref", "arrayref", "nullref", "nullfuncref", "nullexternref" ->
                "garbage collection";
            default -> "";
        };
    }

    static String featureOfField(String word) {
        return switch (word) {
            case "tag" -> "exception handling";
            case "rec" -> "garbage collection";
            default -> "";
        };
    }
}
