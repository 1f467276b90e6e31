package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.wasm.dwarf.LineTable;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An input is sections one after the other: the number of the name, two bytes of length, the content. */
final class DwarfTarget implements Target.Code {
    private static final List<String> NAMES = List.of(
            ".debug_line", ".debug_str", ".debug_line_str", ".debug_info", ".debug_abbrev", ".debug_str_offsets");

    @Override
    public void run(byte[] input) {
        Map<String, byte[]> sections = new TreeMap<>();
        int at = 0;
        while (at + 3 <= input.length) {
            String name = NAMES.get((input[at] & 0xFF) % NAMES.size());
            int length = (input[at + 1] & 0xFF) << 8 | (input[at + 2] & 0xFF);
            at += 3;
            int end = Math.min(input.length, at + length);
            sections.putIfAbsent(name, Arrays.copyOfRange(input, at, end));
            at = end;
        }
        LineTable table = LineTable.parse(sections);
        for (int offset = -1; offset < 200; offset++) {
            int file = table.file(table.row(offset));
            assertThat(file).isBetween(-1, table.files().size() - 1);
            assertThat(table.line(table.row(offset))).isNotNegative();
        }
        assertThat(table.files()).doesNotContainNull();
        assertThat(table.warnings()).allSatisfy(warning -> assertThat(warning).doesNotContain("\n"));
    }

    @Override
    public List<byte[]> seeds() {
        return Target.files("../vm/src/test/resources/dev/tapedeck/vm/wasm/dwarf", ".wasm", Target.INPUT_BYTES_MAX)
                .stream()
                .map(DwarfTarget::sections)
                .toList();
    }

    /** The custom sections of a module that have one of the names, as an input. */
    private static byte[] sections(byte[] module) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer in = ByteBuffer.wrap(module).position(8);
        while (in.hasRemaining()) {
            int id = in.get();
            int size = unsigned(in);
            int end = in.position() + size;
            if (id == 0) {
                byte[] name = new byte[unsigned(in)];
                in.get(name);
                int number = NAMES.indexOf(new String(name, StandardCharsets.UTF_8));
                if (number >= 0) {
                    int length = end - in.position();
                    out.write(number);
                    out.write(length >> 8);
                    out.write(length);
                    out.write(module, in.position(), length);
                }
            }
            in.position(end);
        }
        return out.toByteArray();
    }

    private static int unsigned(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            int piece = in.get();
            value |= (piece & 0x7F) << shift;
            if (piece >= 0) {
                return value;
            }
        }
    }
}
