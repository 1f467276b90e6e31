package dev.tapedeck.vm.program;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The bytes that a {@link ContentHash} is taken over. Every part is of fixed size or begins with its length, so different
 * functions never give the same bytes. All numbers are big-endian.
 *
 * <p>Hashes stand in recordings: a change here needs a new {@link #DOMAIN}, and orphans those.
 */
final class ContentEncoding {
    private static final byte[] DOMAIN = "tapedeck function 1\n".getBytes(StandardCharsets.US_ASCII);

    private static final int BUFFER_BYTES = 8_192;

    private final Program program;

    /**
     * What an index stands for: a digest, as signatures and names can be long, and a long one that is used a million times
     * must not cost a million times its length.
     */
    private final Map<Integer, byte[]> types = new HashMap<>();

    private final Map<Integer, byte[]> imports = new HashMap<>();
    private final Map<Integer, byte[]> globals = new HashMap<>();
    private final Map<Integer, byte[]> data = new HashMap<>();

    ContentEncoding(Program program) {
        this.program = program;
    }

    ContentHash hash(int functionIndex) {
        Function function = program.functions().get(functionIndex);
        MessageDigest digest = Sha256.create();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(DOMAIN);
        out.writeBytes(type(function.type()));
        valueTypes(out, function.locals());
        u32(out, function.code().size());
        for (Instruction instruction : function.code()) {
            instruction(out, instruction);
            if (out.size() >= BUFFER_BYTES) {
                digest.update(out.toByteArray());
                out.reset();
            }
        }
        return new ContentHash(HexFormat.of().formatHex(digest.digest(out.toByteArray())));
    }

    private void instruction(ByteArrayOutputStream out, Instruction instruction) {
        u32(out, instruction.opcode().code());
        List<OperandKind> kinds = instruction.opcode().operands();
        for (int i = 0; i < kinds.size(); i++) {
            long value = i == 0 ? instruction.a() : instruction.b();
            switch (kinds.get(i)) {
                case FUNCTION ->
                    out.writeBytes(type(program.functions().get((int) value).type()));
                case TYPE -> out.writeBytes(type((int) value));
                case IMPORT -> out.writeBytes(imports.computeIfAbsent((int) value, this::hostImport));
                case GLOBAL -> out.writeBytes(globals.computeIfAbsent((int) value, this::global));
                case TABLE -> out.write(program.tables().get((int) value).type().code());
                case DATA -> out.writeBytes(data.computeIfAbsent((int) value, this::dataSegment));
                case ELEMENTS -> {
                    ElementSegment segment = program.elements().get((int) value);
                    out.write(segment.type().code());
                    u32(out, segment.elements().size());
                }
                case LABELS -> {
                    u32(out, instruction.labels().size());
                    instruction.labels().forEach(label -> u32(out, label));
                }
                case LOCAL, LABEL, MEMORY, REFERENCE, OFFSET, COUNT, I32, I64, F32, F64 -> u64(out, value);
            }
        }
    }

    private byte[] type(int index) {
        return types.computeIfAbsent(index, absent -> {
            FunctionType type = program.types().get(index);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            valueTypes(out, type.parameters());
            valueTypes(out, type.results());
            return Sha256.digest(out.toByteArray());
        });
    }

    private byte[] hostImport(int index) {
        HostImport hostImport = program.imports().get(index);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        text(out, hostImport.module());
        text(out, hostImport.name());
        out.writeBytes(type(hostImport.type()));
        return Sha256.digest(out.toByteArray());
    }

    private byte[] global(int index) {
        Global global = program.globals().get(index);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(global.type().code());
        out.write(global.mutable() ? 1 : 0);
        u64(out, global.initial());
        return out.toByteArray();
    }

    private byte[] dataSegment(int index) {
        return Sha256.digest(program.data().get(index).bytes());
    }

    private static void valueTypes(ByteArrayOutputStream out, List<ValueType> types) {
        u32(out, types.size());
        types.forEach(type -> out.write(type.code()));
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        u32(out, utf8.length);
        out.writeBytes(utf8);
    }

    private static void u32(ByteArrayOutputStream out, int value) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.write(value >>> shift);
        }
    }

    private static void u64(ByteArrayOutputStream out, long value) {
        u32(out, (int) (value >>> 32));
        u32(out, (int) value);
    }
}
