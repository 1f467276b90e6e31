package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("K4: heap sections")
class SectionTest {
    private static final long SEED = 41;

    /** Functions that do one thing each, so that a test can do one after the other on the same machine. */
    private static final String[] OPERATIONS = {
        ".func make(size: i32) -> (i32)",
        "local.get size",
        "section.new",
        "return",
        ".end",
        ".func free(section: i32)",
        "local.get section",
        "section.free",
        "return",
        ".end",
        ".func size(section: i32) -> (i32)",
        "local.get section",
        "section.size",
        "return",
        ".end",
        ".func load(section: i32, index: i32) -> (i32)",
        "local.get section",
        "local.get index",
        "section.load8_u",
        "return",
        ".end",
        ".func store(section: i32, index: i32, value: i32)",
        "local.get section",
        "local.get index",
        "local.get value",
        "section.store8",
        "return",
        ".end",
        ".func fill(section: i32, index: i32, value: i32, length: i32)",
        "local.get section",
        "local.get index",
        "local.get value",
        "local.get length",
        "section.fill",
        "return",
        ".end",
        ".func copy(to: i32, at: i32, from: i32, start: i32, length: i32)",
        "local.get to",
        "local.get at",
        "local.get from",
        "local.get start",
        "local.get length",
        "section.copy",
        "return",
        ".end",
        ".entry none"
    };

    private static final List<String> NAMES = List.of("make", "free", "size", "load", "store", "fill", "copy");

    private static final Limits LIMITS = new Limits(1 << 10, 16, 0, 1, 1, 0, 4, 100_000);

    private final Bench bench = Bench.withLimits(LIMITS, OPERATIONS);
    private final Machine machine = bench.machine;

    private Status call(String operation, long... arguments) {
        machine.start(NAMES.indexOf(operation), arguments);
        return machine.run(Long.MAX_VALUE);
    }

    private long result(String operation, long... arguments) {
        assertThat(call(operation, arguments))
                .as(() -> machine.fault().toString())
                .isEqualTo(Status.RETURNED);
        return machine.results().get(0);
    }

    private void does(String operation, long... arguments) {
        assertThat(call(operation, arguments))
                .as(() -> machine.fault().toString())
                .isEqualTo(Status.RETURNED);
    }

    private Fault fault(String operation, long... arguments) {
        Snapshot before = machine.snapshot();
        assertThat(call(operation, arguments)).isEqualTo(Status.FAULTED);
        assertThat(before.sections.same(machine.snapshot().sections))
                .as("a fault changes nothing")
                .isTrue();
        return machine.fault().orElseThrow();
    }

    @Test
    @DisplayName("K4: a section is zeros at first, and keeps what is stored")
    void loadAndStore() {
        assertThat(result("make", 3)).isEqualTo(1);
        assertThat(result("make", 5000)).isEqualTo(2);
        assertThat(result("size", 2)).isEqualTo(5000);
        assertThat(result("load", 2, 4999)).isZero();
        does("store", 2, 4999, 0x1FF);
        does("store", 1, 2, 7);
        assertThat(result("load", 2, 4999)).isEqualTo(0xFF);
        assertThat(result("load", 1, 2)).isEqualTo(7);
        assertThat(result("load", 1, 1)).isZero();
        assertThat(machine.readSection(1, 0, 3)).containsExactly(0, 0, 7);
    }

    @ParameterizedTest
    @CsvSource({
        "section.load8_s, 1, -1, i32",
        "section.load8_u, 1, 255, i32",
        "section.load16_s, 2, -2, i32",
        "section.load16_u, 2, 65534, i32",
        "section.load32, 4, -4, i32",
        "section.load64, 8, -8, i64"
    })
    @DisplayName("K4, W10: loads and stores are little-endian, extend as they say, and reach exactly to the end")
    void widths(String load, int width, long expected, String type) {
        String store = load.replace("load", "store").replaceAll("_.", "");
        String[] lines = Bench.main(
                "",
                "(index: i32) -> (" + type + ")",
                "i32.const 5000",
                "section.new",
                "local.get index",
                type + ".const " + -width,
                store + " [+10]",
                "i32.const 1",
                "local.get index",
                load + " [+10]",
                "return");
        // The second one lies in two pages.
        for (int index : new int[] {0, 4095 - 10, 5000 - 10 - width}) {
            Bench each = Bench.of(lines);
            assertThat(each.result(index)).isEqualTo(expected);
            byte[] bytes = each.machine.readSection(1, 0, 5000);
            for (int i = 0; i < bytes.length; i++) {
                boolean written = i >= index + 10 && i < index + 10 + width;
                assertThat(bytes[i]).isEqualTo((byte) (!written ? 0 : i == index + 10 ? -width : -1));
            }
        }
        for (long index : new long[] {5000 - 10 - width + 1, 5000, Integer.MAX_VALUE, -1, -10, Integer.MIN_VALUE}) {
            Fault fault = Bench.of(lines).fault(index);
            assertThat(fault.kind()).as("index " + index).isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        }
    }

    @Test
    @DisplayName("K4: an index and an offset are added without wrapping around")
    void noWrapping() {
        Bench wide = Bench.of(Bench.main(
                "",
                "() -> (i32)",
                "i32.const 16",
                "section.new",
                "i32.const 8",
                "section.load8_u [+4294967292]",
                "return"));
        Fault fault = wide.fault();
        assertThat(fault.kind()).isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        assertThat(fault.detail()).isEqualTo("index 4294967300, 1 byte, section 1 has 16 bytes");
    }

    @Test
    @DisplayName("K4: what was freed is no section any more, for any instruction")
    void useAfterFree() {
        result("make", 16);
        does("free", 1);
        for (Fault fault : List.of(
                fault("size", 1),
                fault("load", 1, 0),
                fault("store", 1, 0, 1),
                fault("fill", 1, 0, 1, 0),
                fault("free", 1))) {
            assertThat(fault.kind()).isEqualTo(FaultKind.INVALID_SECTION);
            assertThat(fault.detail()).isEqualTo("section 1 has been freed");
        }
        result("make", 16);
        assertThat(fault("copy", 2, 0, 1, 0, 0).kind()).isEqualTo(FaultKind.INVALID_SECTION);
        assertThat(fault("copy", 1, 0, 2, 0, 0).kind()).isEqualTo(FaultKind.INVALID_SECTION);
    }

    @Test
    @DisplayName("K4, origin gap: a double free is a fault, and two later sections are two")
    void doubleFree() {
        // In the origin the second free put the block into the list of free ones twice, and the next two were the same.
        assertThat(result("make", 8)).isEqualTo(1);
        does("free", 1);
        assertThat(fault("free", 1).kind()).isEqualTo(FaultKind.INVALID_SECTION);
        long first = result("make", 8);
        long second = result("make", 8);
        assertThat(first).isEqualTo(2);
        assertThat(second).isEqualTo(3);
        does("store", first, 0, 11);
        does("store", second, 0, 22);
        assertThat(result("load", first, 0)).isEqualTo(11);
        assertThat(result("load", second, 0)).isEqualTo(22);
        assertThat(fault("free", 1).detail()).isEqualTo("section 1 has been freed");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE})
    @DisplayName("K4: numbers that no section has had")
    void noSection(long number) {
        result("make", 16);
        assertThat(fault("load", number, 0).kind()).isEqualTo(FaultKind.INVALID_SECTION);
        assertThat(fault("free", number).detail()).isEqualTo("there is no section " + number);
    }

    @Test
    @DisplayName("K4: a section of 0 bytes is a section: every byte is outside of it, and no byte is not")
    void sizeZero() {
        assertThat(result("make", 0)).isEqualTo(1);
        assertThat(result("make", 0)).isEqualTo(2);
        assertThat(result("size", 1)).isZero();
        assertThat(fault("load", 1, 0).kind()).isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        assertThat(fault("store", 1, 0, 1).kind()).isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        does("fill", 1, 0, 1, 0);
        does("copy", 1, 0, 2, 0, 0);
        assertThat(fault("fill", 1, 1, 1, 0).kind()).isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        does("free", 1);
        assertThat(fault("free", 1).kind()).isEqualTo(FaultKind.INVALID_SECTION);
    }

    @Test
    @DisplayName("K4: copies and fills check everything before they write anything")
    void bounds() {
        result("make", 100);
        result("make", 50);
        does("fill", 1, 0, 1, 100);
        for (long[] range : new long[][] {{0, 0, 51}, {60, 0, 41}, {0, 50, 1}, {-1, 0, 1}, {0, -1, 2}, {0, 1, -1}}) {
            assertThat(fault("copy", 1, range[0], 2, range[1], range[2]).kind())
                    .as(Arrays.toString(range))
                    .isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        }
        assertThat(fault("fill", 1, 99, 5, 2).kind()).isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        assertThat(fault("fill", 1, 1, 5, -1).kind()).isEqualTo(FaultKind.SECTION_OUT_OF_BOUNDS);
        assertThat(machine.readSection(1, 0, 100)).containsOnly(1);
        does("copy", 1, 50, 2, 0, 50);
        assertThat(machine.readSection(1, 50, 50)).containsOnly(0);
        assertThat(machine.readSection(1, 0, 50)).containsOnly(1);
        does("copy", 1, 100, 2, 50, 0);
    }

    @Test
    @DisplayName("K4: limits give -1, and what is freed makes room")
    void limits() {
        assertThat(result("make", 99_990)).isEqualTo(1);
        assertThat(result("make", 11)).isEqualTo(-1);
        assertThat(result("make", -1)).isEqualTo(-1);
        assertThat(result("make", 10)).isEqualTo(2);
        assertThat(result("make", 0)).isEqualTo(3);
        assertThat(result("make", 0)).isEqualTo(4);
        assertThat(result("make", 0)).as("four at one time").isEqualTo(-1);
        does("free", 1);
        assertThat(result("make", 99_990)).isEqualTo(5);
        assertThat(fault("size", -1).kind()).isEqualTo(FaultKind.INVALID_SECTION);
    }

    @Test
    @DisplayName(
            "K4, S1, S2, S4, S8: with random operations, sections do what arrays do; snapshots keep and share them")
    void likeArrays() throws FormatException {
        Random random = new Random(SEED);
        Bench many = Bench.withLimits(new Limits(1 << 10, 16, 0, 1, 1, 0, 1 << 10, 1 << 22), OPERATIONS);
        List<byte[]> model = new ArrayList<>();
        List<Snapshot> snapshots = new ArrayList<>();
        List<List<byte[]>> models = new ArrayList<>();
        for (int i = 0; i < 6_000; i++) {
            String what = "seed " + SEED + ", operation " + i;
            int a = model.isEmpty() ? 0 : random.nextInt(model.size());
            int b = model.isEmpty() ? 0 : random.nextInt(model.size());
            byte[] to = model.isEmpty() ? null : model.get(a);
            byte[] from = model.isEmpty() ? null : model.get(b);
            switch (model.size() < 3 ? 0 : random.nextInt(12)) {
                case 0 -> {
                    int size = random.nextInt(3) == 0 ? random.nextInt(40_000) : random.nextInt(40);
                    if (model.size() < 400) {
                        model.add(new byte[size]);
                        assertThat(operate(many, "make", size)).as(what).isEqualTo(Status.RETURNED);
                        assertThat(many.machine.results()).containsExactly((long) model.size());
                    }
                }
                case 1 -> {
                    boolean there = to != null && random.nextInt(4) == 0;
                    if (there) {
                        model.set(a, null);
                        assertThat(operate(many, "free", a + 1)).as(what).isEqualTo(Status.RETURNED);
                    }
                }
                case 2, 3, 4, 5 -> {
                    if (to != null && from != null) {
                        int length = random.nextInt(Math.min(to.length, from.length) + 1);
                        int at = random.nextInt(to.length - length + 1);
                        int start = random.nextInt(from.length - length + 1);
                        System.arraycopy(from, start, to, at, length);
                        assertThat(operate(many, "copy", a + 1, at, b + 1, start, length))
                                .as(what)
                                .isEqualTo(Status.RETURNED);
                    }
                }
                case 6, 7 -> {
                    if (to != null) {
                        int length = random.nextInt(to.length + 1);
                        int at = random.nextInt(to.length - length + 1);
                        int value = random.nextInt(3);
                        Arrays.fill(to, at, at + length, (byte) value);
                        assertThat(operate(many, "fill", a + 1, at, value, length))
                                .as(what)
                                .isEqualTo(Status.RETURNED);
                    }
                }
                case 8, 9 -> {
                    if (to != null && to.length > 0) {
                        int at = random.nextInt(to.length);
                        to[at] = (byte) random.nextInt();
                        assertThat(operate(many, "store", a + 1, at, to[at]))
                                .as(what)
                                .isEqualTo(Status.RETURNED);
                    }
                }
                case 10 -> {
                    if (random.nextInt(8) == 0) {
                        snapshots.add(many.machine.snapshot());
                        models.add(copy(model));
                    }
                }
                default -> {
                    if (!snapshots.isEmpty() && random.nextInt(16) == 0) {
                        int back = random.nextInt(snapshots.size());
                        many.machine.restore(snapshots.get(back));
                        model = copy(models.get(back));
                    }
                }
            }
        }
        Snapshot last = many.machine.snapshot();
        snapshots.add(last);
        models.add(model);
        assertThat(snapshots).hasSizeGreaterThan(20);
        for (int i = 0; i < snapshots.size(); i++) {
            Snapshot snapshot = snapshots.get(i);
            many.machine.restore(snapshot);
            assertHolds(many.machine, models.get(i));
            Snapshot read = SnapshotReader.read(many.program, SnapshotWriter.write(snapshot));
            assertThat(read.differences(snapshot, 3)).isEmpty();
            assertThat(read.sameState(snapshot)).isTrue();
            Snapshot other = snapshots.get(random.nextInt(snapshots.size()));
            Snapshot delta = SnapshotReader.readDelta(many.program, SnapshotWriter.writeDelta(snapshot, other), other);
            assertThat(delta.differences(snapshot, 3)).isEmpty();
            assertThat(delta.stateWords()).isEqualTo(snapshot.stateWords());
            assertThat(SnapshotWriter.write(delta)).isEqualTo(SnapshotWriter.write(snapshot));
        }
    }

    private static Status operate(Bench bench, String operation, long... arguments) {
        bench.machine.start(NAMES.indexOf(operation), arguments);
        return bench.machine.run(Long.MAX_VALUE);
    }

    private static List<byte[]> copy(List<byte[]> model) {
        List<byte[]> copy = new ArrayList<>();
        model.forEach(bytes -> copy.add(bytes == null ? null : bytes.clone()));
        return copy;
    }

    private static void assertHolds(Machine machine, List<byte[]> model) {
        assertThat(machine.sectionsMade()).isEqualTo(model.size());
        for (int i = 0; i < model.size(); i++) {
            byte[] bytes = model.get(i);
            assertThat(machine.sectionSize(i + 1)).isEqualTo(bytes == null ? -1 : bytes.length);
            if (bytes != null) {
                assertThat(machine.readSection(i + 1, 0, bytes.length)).isEqualTo(bytes);
            }
        }
    }

    @Test
    @DisplayName("K4, S8: a snapshot copies only the pages that are written afterwards")
    void sharing() {
        result("make", 90_000);
        does("fill", 1, 0, 1, 90_000);
        Snapshot before = machine.snapshot();
        does("store", 1, 50_000, 2);
        Snapshot after = machine.snapshot();
        List<Integer> changed = new ArrayList<>();
        after.visitSectionPages(before, (section, index, page, old) -> changed.add(index));
        assertThat(changed).containsExactly(50_000 / 4096);
        assertThat(SnapshotWriter.writeDelta(after, before).length).isLessThan(4096 + 200);
        assertThat(after.differences(before, 9)).contains(new Difference(new Location.SectionByte(1, 50_000), 2, 1));
    }

    @Test
    @DisplayName("K4: differences name sections and bytes")
    void differences() {
        result("make", 16);
        Snapshot before = machine.snapshot();
        does("store", 1, 3, 9);
        result("make", 8);
        does("free", 2);
        result("make", 4);
        Snapshot after = machine.snapshot();
        assertThat(after.differences(before, 9))
                .contains(
                        new Difference(new Location.Register("sections"), 3, 1),
                        new Difference(new Location.SectionByte(1, 3), 9, 0),
                        new Difference(new Location.SectionSize(3), 4, -1));
        assertThat(machine.get(new Location.SectionByte(1, 3))).isEqualTo(9);
        assertThat(machine.get(new Location.SectionSize(2))).isEqualTo(-1);
        machine.set(new Location.SectionByte(1, 3), 0x101);
        assertThat(machine.get(new Location.SectionByte(1, 3))).isEqualTo(1);
        assertThatThrownBy(() -> machine.get(new Location.SectionByte(2, 0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> machine.readSection(1, 9, 8)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    @DisplayName(
            "K4, S3: a snapshot of more sections than the limits allow is refused, and the machine stays as it was")
    void restoreWithinLimits() {
        result("make", 50_000);
        result("make", 7);
        Snapshot snapshot = machine.snapshot();
        for (Limits small : List.of(
                new Limits(1 << 10, 16, 0, 1, 1, 0, 1, 100_000), new Limits(1 << 10, 16, 0, 1, 1, 0, 4, 50_006))) {
            Bench other = Bench.withLimits(small, OPERATIONS);
            Snapshot before = other.machine.snapshot();
            assertThatThrownBy(() -> other.machine.restore(snapshot))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the limit is");
            assertThat(other.machine.snapshot().sameState(before)).isTrue();
        }
    }

    @Test
    @DisplayName("K4: what is done to sections is in the digest of a run")
    void digests() {
        long[] digests = new long[3];
        for (int i = 0; i < digests.length; i++) {
            Bench each = Bench.withLimits(LIMITS, OPERATIONS);
            FlowTrace trace = new FlowTrace();
            each.machine.trace(trace);
            operate(each, "make", 16);
            operate(each, "fill", 1, 3, i == 1 ? 5 : 6, 2);
            digests[i] = trace.digest();
        }
        assertThat(digests[0]).isEqualTo(digests[2]).isNotEqualTo(digests[1]);
    }
}
