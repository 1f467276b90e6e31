package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.wasm.WasmException;
import dev.tapedeck.vm.wasm.WasmModule;
import dev.tapedeck.vm.wasm.WasmReader;
import dev.tapedeck.vm.wasm.dwarf.LineTable;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
            int file = table.file(offset);
            assertThat(file).isBetween(-1, table.files().size() - 1);
            assertThat(table.line(offset)).isNotNegative();
        }
        assertThat(table.files()).doesNotContainNull();
        assertThat(table.warnings()).allSatisfy(warning -> assertThat(warning).doesNotContain("\n"));
    }

    @Override
    public List<byte[]> seeds() throws WasmException {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] file :
                Target.files("../vm/src/test/resources/dev/tapedeck/vm/wasm/dwarf", ".wasm", Target.INPUT_BYTES_MAX)) {
            WasmModule module = WasmReader.read(file);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int i = 0; i < NAMES.size(); i++) {
                Optional<byte[]> section = module.customSection(NAMES.get(i));
                if (section.isPresent()) {
                    out.write(i);
                    out.write(section.get().length >> 8);
                    out.write(section.get().length);
                    out.writeBytes(section.get());
                }
            }
            seeds.add(out.toByteArray());
        }
        return seeds;
    }
}
