package dev.tapedeck.vm.wasm.dwarf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.ThrowingSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The modules are made of {@code lines.c} by the Makefile beside them. */
class LineTableTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5})
    @DisplayName("For each byte of the code, file and line are what llvm-symbolizer says")
    void agreesWithLlvm(int version) throws IOException {
        LineTable table = LineTable.parse(sections("lines-dwarf" + version + ".wasm"));

        assertThat(table.warnings()).isEmpty();
        assertThat(table.files()).containsExactly("lines.c", "square.h");
        List<String> expected = new String(resource("lines-dwarf" + version + ".txt"), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(expected).hasSizeGreaterThan(100);
        for (String row : expected) {
            String[] fields = row.split("[ :]");
            int offset = Integer.parseInt(fields[0]);
            int line = Integer.parseInt(fields[2]);
            assertThat(table.line(table.row(offset))).as(row).isEqualTo(line);
            assertThat(table.file(table.row(offset)))
                    .as(row)
                    .isEqualTo(line == 0 ? -1 : table.files().indexOf(fields[1].replace("./", "")));
        }
    }

    @Test
    @DisplayName("Without debug information every line is unknown")
    void nothing() {
        LineTable table = LineTable.parse(Map.of("name", new byte[] {0, 1, 2}));

        assertThat(table).isSameAs(LineTable.EMPTY);
        for (int offset : new int[] {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE}) {
            assertThat(table.line(table.row(offset))).isZero();
            assertThat(table.file(table.row(offset))).isEqualTo(-1);
        }
    }

    @Test
    @DisplayName("A unit that cannot be read is left out with a warning; the others count")
    void brokenUnit() {
        byte[] future = unit(9, new byte[20]);

        LineTable table = parse(concat(future, unit(2, simpleUnit(4, "main.c", 0x10, 7))));

        assertThat(table.warnings())
                .containsExactly(".debug_line: the unit at byte 0: version 9, expected 2 to 5; left out");
        assertThat(table.line(table.row(0x10))).isEqualTo(7);
        assertThat(table.line(table.row(0x14))).isZero();
    }

    @Test
    @DisplayName("A sequence of a function that the linker left out names no line")
    void tombstones() {
        for (long address : new long[] {0, 0xFFFF_FFFFL, 0xFFFF_FFFEL}) {
            LineTable table = parse(unit(2, simpleUnit(4, "main.c", address, 7)));

            assertThat(table.line(table.row(0))).isZero();
            assertThat(table.line(table.row((int) address))).isZero();
            assertThat(table.warnings()).isEmpty();
        }
    }

    @Test
    @DisplayName("Of sequences that overlap, the first one counts")
    void overlap() {
        LineTable table = parse(concat(
                unit(2, simpleUnit(4, "a.c", 0x10, 7)),
                unit(2, simpleUnit(4, "b.c", 0x12, 9)),
                unit(2, simpleUnit(4, "c.c", 0x14, 11))));

        assertThat(table.line(table.row(0x12))).isEqualTo(7);
        assertThat(table.line(table.row(0x14))).isEqualTo(11);
        assertThat(table.warnings()).containsExactly(".debug_line: 1 sequences of rows overlap others; left out");
    }

    @Test
    @DisplayName("The 64-bit format is read")
    void wide() {
        byte[] simple = simpleUnit(8, "wide.c", 0x20, 3);
        Bytes section = new Bytes().u32(-1).u64(2 + simple.length).u16(2).put(simple);

        LineTable table = parse(section.toByteArray());

        assertThat(table.warnings()).isEmpty();
        assertThat(table.files()).containsExactly("wide.c");
        assertThat(table.line(table.row(0x23))).isEqualTo(3);
    }

    @Test
    @DisplayName("Names are paths without detours, and without control characters")
    void names() {
        assertThat(fileName("./a/../b.c")).isEqualTo("b.c");
        assertThat(fileName("../x/./y.c")).isEqualTo("../x/y.c");
        assertThat(fileName("/../usr//z.c")).isEqualTo("/usr/z.c");
        assertThat(fileName("tab\there\u0007.c")).isEqualTo("tab\uFFFDhere\uFFFD.c");
        assertThat(fileName("größe.c")).isEqualTo("größe.c");
    }

    private static String fileName(String written) {
        return parse(unit(2, simpleUnit(4, written, 0x10, 1))).files().get(0);
    }

    @Test
    @DisplayName("Hostile: entries that take no bytes are not believed")
    void countsWithoutBytes() {
        Bytes header = new Bytes().put(1, 1, 1, -5, 14, 1); // up to and with opcode_base
        header.put(0); // a directory has no fields
        header.uleb(0xFFFF_FFFFL); // and there are 4 billion of them
        Bytes content = new Bytes().put(4, 0).u32(header.size()).put(header.toByteArray());

        LineTable table = within(() -> parse(unit(5, content.toByteArray())));

        assertThat(table.warnings()).singleElement().asString().contains("4294967295 entries of 0 fields");
    }

    @Test
    @DisplayName("Hostile: a hundred thousand entries that share one long name cost no more than they should")
    void sharedNames() {
        int count = 100_000;
        Bytes header = new Bytes().put(1, 1, 1, -5, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1);
        header.put(0, 0); // no directories
        header.put(1, 1, 0x1F); // a file is a path in .debug_line_str
        header.uleb(count);
        for (int i = 0; i < count; i++) {
            header.u32(i);
        }
        Bytes program = new Bytes().put(0, 5, 2).u32(16);
        for (int i = 0; i < count; i++) {
            program.put(4).uleb(i); // set the file
            program.put(10 + 14 + 5); // one byte further, on the same line
        }
        program.put(2, 1, 0, 1, 1);
        Bytes content = new Bytes().put(4, 0).u32(header.size());
        content.put(header.toByteArray()).put(program.toByteArray());
        byte[] longName = new byte[1 << 20];
        Arrays.fill(longName, (byte) 'x');

        LineTable table = within(() ->
                LineTable.parse(Map.of(".debug_line", unit(5, content.toByteArray()), ".debug_line_str", longName)));

        assertThat(table.warnings()).singleElement().asString().contains("names of source files");
        assertThat(table.files()).allSatisfy(name -> assertThat(name).hasSizeLessThanOrEqualTo(4096));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5})
    @DisplayName("Hostile: sections cut off anywhere give what can be read before")
    void truncated(int version) throws IOException {
        Map<String, byte[]> sections = sections("lines-dwarf" + version + ".wasm");
        byte[] whole = sections.get(".debug_line");
        for (int length = 1; length < whole.length; length++) {
            sections.put(".debug_line", Arrays.copyOf(whole, length));
            assertThat(LineTable.parse(sections).warnings())
                    .as("first %d bytes", length)
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5})
    @DisplayName("Hostile: whatever the bytes are, there is a table, quickly")
    void mutated(int version) throws IOException {
        long seed = Long.getLong("tapedeck.seed", 20_261_121L);
        Random random = new Random(seed);
        Map<String, byte[]> original = sections("lines-dwarf" + version + ".wasm");
        within(() -> {
            for (int i = 0; i < 5_000; i++) {
                Map<String, byte[]> sections = new LinkedHashMap<>(original);
                String name = random.nextInt(8) == 0 ? ".debug_line_str" : ".debug_line";
                byte[] bytes = sections.getOrDefault(name, new byte[1]).clone();
                for (int change = random.nextInt(4); change >= 0; change--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                sections.put(name, bytes);
                assertThatCode(() -> {
                            LineTable table = LineTable.parse(sections);
                            for (int offset = -1; offset < 200; offset += 5) {
                                assertThat(table.line(table.row(offset))).isNotNegative();
                                assertThat(table.file(table.row(offset)))
                                        .isBetween(-1, table.files().size() - 1);
                            }
                        })
                        .as("-Dtapedeck.seed=%d, change %d", seed, i)
                        .doesNotThrowAnyException();
            }
            return true;
        });
    }

    private static <T> T within(ThrowingSupplier<T> work) {
        return Assertions.assertTimeoutPreemptively(LIMIT, work);
    }

    private static LineTable parse(byte[] lines) {
        return LineTable.parse(Map.of(".debug_line", lines));
    }

    /** A unit of the 32-bit format. */
    private static byte[] unit(int version, byte[] content) {
        return new Bytes().u32(2 + content.length).u16(version).put(content).toByteArray();
    }

    /**
     * What follows the version in a unit of DWARF 2 with one file, and one row of four bytes of code.
     *
     * @param offsetBytes 4 or 8
     */
    private static byte[] simpleUnit(int offsetBytes, String file, long address, int line) {
        byte[] name = file.getBytes(StandardCharsets.UTF_8);
        Bytes header = new Bytes().put(1, 1, -5, 14, 10);
        header.put(0, 1, 1, 1, 1, 0, 0, 0, 1);
        header.put(0); // no directories
        header.put(name).put(0, 0, 0, 0).put(0);
        Bytes unit = new Bytes();
        if (offsetBytes == 8) {
            unit.u64(header.size());
        } else {
            unit.u32(header.size());
        }
        unit.put(header.toByteArray());
        unit.put(0, 5, 2).u32(address); // set the address
        unit.put(3, line - 1).put(1); // advance the line, a row
        unit.put(2, 4).put(0, 1, 1); // four bytes further the sequence ends
        return unit.toByteArray();
    }

    /** Writes the encodings of DWARF. */
    private static final class Bytes {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Bytes put(int... bytes) {
            for (int value : bytes) {
                out.write(value);
            }
            return this;
        }

        Bytes put(byte[] bytes) {
            out.writeBytes(bytes);
            return this;
        }

        Bytes u16(int value) {
            return put(value, value >> 8);
        }

        Bytes u32(long value) {
            return u16((int) value).u16((int) (value >> 16));
        }

        Bytes u64(long value) {
            return u32(value).u32(value >> 32);
        }

        Bytes uleb(long value) {
            long rest = value;
            for (; rest >= 0x80; rest >>>= 7) {
                put((int) rest | 0x80);
            }
            return put((int) rest);
        }

        int size() {
            return out.size();
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = LineTableTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    /** The custom sections of a module. */
    private static Map<String, byte[]> sections(String name) throws IOException {
        byte[] module = resource(name);
        Map<String, byte[]> sections = new LinkedHashMap<>();
        int[] position = {8};
        while (position[0] < module.length) {
            int id = module[position[0]++];
            int end = uleb(module, position) + position[0];
            if (id == 0) {
                int nameLength = uleb(module, position);
                int start = position[0] + nameLength;
                sections.put(
                        new String(module, position[0], nameLength, StandardCharsets.UTF_8),
                        Arrays.copyOfRange(module, start, end));
            }
            position[0] = end;
        }
        return sections;
    }

    private static int uleb(byte[] module, int[] position) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = module[position[0]++];
            value |= (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
