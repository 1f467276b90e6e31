package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("G5: stress: every limit of the machine, at the limit and one beyond")
class LimitsTest {
    private static final int LIMIT = 70;

    /** Nothing of what the programs here need, but for the limit that is tried, comes near to these. */
    private static final int[] AMPLE = {1 << 16, 1 << 12, 1 << 10, 1 << 12, 1 << 12, 1 << 12, 1 << 12, 1 << 20};

    static Stream<String> names() {
        return Arrays.stream(Limits.class.getRecordComponents()).map(RecordComponent::getName);
    }

    private static Limits with(String name, int value) {
        int[] values = AMPLE.clone();
        values[names().toList().indexOf(name)] = value;
        return new Limits(values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]);
    }

    /** A program that uses {@code count} of it, and returns 0 if it was refused some. */
    private static String[] using(String name, int count) {
        return switch (name) {
            // One cell is the local of main; main needs no other while f runs.
            case "stackCellsMax" ->
                new String[] {
                    ".func f()",
                    ".local " + String.join(", ", Collections.nCopies(count - 1, "i32")),
                    "return",
                    ".end",
                    function("call f", "i32.const 1", "return")
                };
            case "framesMax" ->
                new String[] {
                    ".func f(n: i32)",
                    "local.get n",
                    "br_unless bottom",
                    "local.get n",
                    "i32.const 1",
                    "i32.sub",
                    "call f",
                    "bottom:",
                    "return",
                    ".end",
                    function("i32.const " + (count - 2), "call f", "i32.const 1", "return")
                };
            case "memoryPagesMax" ->
                new String[] {
                    ".memory 1", function("i32.const " + (count - 1), "memory.grow", "i32.const -1", "i32.ne", "return")
                };
            case "residentPagesMax" ->
                new String[] {
                    ".memory 100",
                    function(
                            times(
                                    count,
                                    "local.get n",
                                    "i32.const 1",
                                    "i32.store",
                                    "local.get n",
                                    "i32.const 4096",
                                    "i32.add",
                                    "local.set n"),
                            "i32.const 1",
                            "return")
                };
            case "pendingInterruptsMax" ->
                new String[] {
                    function(times(count, "i32.const 1", "i64.const 0", "interrupt.raise"), "i32.const 1", "return")
                };
            case "tableElementsMax" ->
                new String[] {
                    ".table t: funcref 1",
                    ".table u: externref 1",
                    function(
                            "ref.null externref",
                            "i32.const " + (count - 2),
                            "table.grow u",
                            "i32.const -1",
                            "i32.ne",
                            "return")
                };
            case "sectionsMax" ->
                new String[] {
                    function(
                            "i32.const 1",
                            "local.set n",
                            times(
                                    count,
                                    "i32.const 0",
                                    "section.new",
                                    "i32.const -1",
                                    "i32.ne",
                                    "local.get n",
                                    "i32.and",
                                    "local.set n"),
                            "local.get n",
                            "return")
                };
            case "sectionBytesMax" ->
                new String[] {
                    function(
                            "i32.const 1",
                            "section.new",
                            "drop",
                            "i32.const " + (count - 1),
                            "section.new",
                            "i32.const -1",
                            "i32.ne",
                            "return")
                };
            default -> throw new AssertionError("no program for the limit " + name);
        };
    }

    private static String times(int count, String... lines) {
        return String.join("\n", Collections.nCopies(count, String.join("\n", lines)));
    }

    private static String function(String... body) {
        return ".func main() -> i32\n.local n: i32\n" + String.join("\n", body) + "\n.end\n.entry main";
    }

    private static boolean fits(String name, int limit, int count) {
        Bench bench = Bench.withLimits(with(name, limit), using(name, count)).start();
        if (bench.run() == Status.FAULTED) {
            assertThat(bench.machine.fault().orElseThrow().kind())
                    .isIn(FaultKind.STACK_OVERFLOW, FaultKind.MEMORY_OVERFLOW, FaultKind.INTERRUPT_OVERFLOW);
            return false;
        }
        return bench.machine.results().get(0) == 1;
    }

    @ParameterizedTest
    @MethodSource("names")
    @DisplayName("G5: what fits exactly works, one more is refused; where there is room it works")
    void atTheLimit(String name) {
        assertThat(fits(name, LIMIT, LIMIT)).isTrue();
        assertThat(fits(name, LIMIT, LIMIT + 1)).isFalse();
        assertThat(fits(name, LIMIT + 1, LIMIT + 1)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("names")
    @DisplayName("G5: after a refusal the machine is usable")
    void usableAfterwards(String name) {
        Bench bench = Bench.withLimits(with(name, LIMIT), using(name, LIMIT + 1));
        Snapshot before = bench.machine.snapshot();
        for (int i = 0; i < 3; i++) {
            bench.start().run();
            bench.machine.restore(before);
            assertThat(bench.machine.snapshot().sameState(before)).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    @DisplayName("a limit out of its range is refused with its name and the range")
    void ranges(String name) {
        assertThatThrownBy(() -> with(name, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching(name + " is -1, expected \\d+ to \\d+");
        assertThatThrownBy(() -> with(name, Integer.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching(name + " is 2147483647, expected \\d+ to \\d+");
    }
}
