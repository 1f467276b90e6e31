package dev.tapedeck.vm.wasm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes small modules in the binary format, for tests. Numbers in hexadecimal text are bytes. */
final class ModuleBytes {
    private final List<byte[]> types = new ArrayList<>();
    private final List<byte[]> imports = new ArrayList<>();
    private final List<byte[]> functions = new ArrayList<>();
    private final List<byte[]> tables = new ArrayList<>();
    private final List<byte[]> memories = new ArrayList<>();
    private final List<byte[]> globals = new ArrayList<>();
    private final List<byte[]> exports = new ArrayList<>();
    private final List<byte[]> elements = new ArrayList<>();
    private final List<byte[]> bodies = new ArrayList<>();
    private final List<byte[]> data = new ArrayList<>();
    private final List<byte[]> customs = new ArrayList<>();
    private byte[] start = {};

    /** The bytes of hexadecimal text; everything else in it is for the reader. */
    static byte[] hex(String text) {
        String digits = text.replaceAll("\\([^)]*\\)|\\s", "");
        byte[] bytes = new byte[digits.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(digits.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] number(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = value;
        while (rest >= 0x80) {
            out.write((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return out.toByteArray();
    }

    static byte[] sized(byte[]... parts) {
        byte[] contents = join(parts);
        return join(number(contents.length), contents);
    }

    static byte[] name(String text) {
        return sized(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A function type, such as {@code type("7f 7f", "7e")}; returns its index. */
    int type(String parameters, String results) {
        types.add(join(hex("60"), sized(hex(parameters)), sized(hex(results))));
        return types.size() - 1;
    }

    ModuleBytes importFunction(String module, String name, int type) {
        imports.add(join(name(module), name(name), hex("00"), number(type)));
        return this;
    }

    /** An import of another kind; {@code entity} is the kind and what follows. */
    ModuleBytes importOther(String module, String name, String entity) {
        imports.add(join(name(module), name(name), hex(entity)));
        return this;
    }

    /**
     * A function without its last end.
     *
     * @param locals groups of locals: how many groups, then count and type of each
     */
    ModuleBytes function(int type, String locals, String code) {
        functions.add(number(type));
        bodies.add(sized(hex(locals), hex(code), hex("0b")));
        return this;
    }

    /** A function of a type of its own, exported. */
    ModuleBytes exported(String name, String parameters, String results, String locals, String code) {
        int index = functions.size()
                + (int) imports.stream().filter(ModuleBytes::isFunction).count();
        function(type(parameters, results), locals, code);
        return export(name, 0, index);
    }

    private static boolean isFunction(byte[] entry) {
        int at = 1 + entry[0];
        return entry[at + 1 + entry[at]] == 0;
    }

    ModuleBytes table(String table) {
        tables.add(hex(table));
        return this;
    }

    ModuleBytes memory(String memory) {
        memories.add(hex(memory));
        return this;
    }

    ModuleBytes global(String global) {
        globals.add(hex(global));
        return this;
    }

    /** @param kind 0 function, 1 table, 2 memory, 3 global */
    ModuleBytes export(String name, int kind, int index) {
        exports.add(join(name(name), number(kind), number(index)));
        return this;
    }

    ModuleBytes start(int function) {
        start = number(function);
        return this;
    }

    ModuleBytes element(String segment) {
        elements.add(hex(segment));
        return this;
    }

    ModuleBytes data(String segment) {
        data.add(hex(segment));
        return this;
    }

    ModuleBytes custom(String name, byte[] contents) {
        customs.add(join(name(name), contents));
        return this;
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(hex("00 61 73 6d 01 00 00 00"));
        section(out, 1, types);
        section(out, 2, imports);
        section(out, 3, functions);
        section(out, 4, tables);
        section(out, 5, memories);
        section(out, 6, globals);
        section(out, 7, exports);
        if (start.length > 0) {
            out.writeBytes(join(hex("08"), sized(start)));
        }
        section(out, 9, elements);
        if (!data.isEmpty()) {
            out.writeBytes(join(hex("0c"), sized(number(data.size()))));
        }
        section(out, 10, bodies);
        section(out, 11, data);
        for (byte[] custom : customs) {
            out.writeBytes(join(hex("00"), sized(custom)));
        }
        return out.toByteArray();
    }

    private static void section(ByteArrayOutputStream out, int id, List<byte[]> entries) {
        if (!entries.isEmpty()) {
            byte[] contents = join(entries.toArray(byte[][]::new));
            out.writeBytes(join(number(id), sized(number(entries.size()), contents)));
        }
    }
}
