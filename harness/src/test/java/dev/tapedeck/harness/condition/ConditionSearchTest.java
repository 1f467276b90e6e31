package dev.tapedeck.harness.condition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tapedeck.harness.condition.ConditionSearch.Method;
import dev.tapedeck.harness.condition.ConditionSearch.Occurrence;
import dev.tapedeck.harness.condition.ConditionSearch.Result;
import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a search says is compared with a machine that is looked at after each instruction. */
class ConditionSearchTest {
    @TempDir
    static Path temp;

    private static Deck interrupts;
    private static Deck mixed;
    private static Deck division;

    @BeforeAll
    static void record() throws Exception {
        interrupts = deck("interrupts");
        division = deck("division by zero");
        mixed = new Deck("mixed", Deck.assemble("mixed", """
                        .memory 1 4
                        .global count: mut i32 = 0
                        .global "odd name": mut f64 = 0.5
                        .func main()
                          .local i: i32
                        again:
                          local.get i
                          call store
                          local.get i
                          i32.const 1
                          i32.add
                          local.tee i
                          i32.const 300
                          i32.lt_u
                          br_if again
                          i32.const 1
                          memory.grow
                          drop
                          i32.const 1
                          memory.grow
                          drop
                          nop
                          return
                        .end
                        .func store(value: i32)
                          i32.const 4096
                          local.get value
                          i32.store
                          global.get count
                          local.get value
                          i32.const 7
                          i32.rem_u
                          i32.add
                          global.set count
                          i32.const 8192
                          local.get value
                          f64.convert_i32_u
                          global.get "odd name"
                          f64.add
                          global.set "odd name"
                          drop
                          return
                        .end
                        .entry main
                        """), Deck.options(List.of(), 1 << 20));
        for (Deck deck : List.of(interrupts, mixed, division)) {
            Recorder.record(deck.program(), deck.options(), deck.host(), temp.resolve(deck.name()));
        }
    }

    private static Deck deck(String name) {
        return Deck.all().filter(deck -> deck.name().equals(name)).findFirst().orElseThrow();
    }

    private static Recording open(Deck deck) throws Exception {
        return Recording.open(temp.resolve(deck.name()));
    }

    private static Condition condition(Deck deck, String text) throws ConditionException {
        return Condition.parse(deck.program().program(), text);
    }

    private record Found(List<Long> icounts, List<Occurrence> occurrences, Result result) {}

    private interface Search {
        Result run(Sink sink) throws Exception;
    }

    /** Takes all there are. */
    private static final class Sink implements Consumer<Occurrence>, Predicate<Occurrence> {
        private final List<Occurrence> occurrences = new ArrayList<>();

        @Override
        public void accept(Occurrence occurrence) {
            occurrences.add(occurrence);
        }

        @Override
        public boolean test(Occurrence occurrence) {
            return occurrences.add(occurrence);
        }
    }

    private static Found found(Search search) throws Exception {
        Sink sink = new Sink();
        Result result = search.run(sink);
        return new Found(sink.occurrences.stream().map(Occurrence::icount).toList(), sink.occurrences, result);
    }

    /** The counts at which {@code holds} becomes true, in a run of its own. */
    private static List<Long> expected(Deck deck, Predicate<Machine> holds) {
        return expected(deck, holds, holds);
    }

    /**
     * The same with events.
     *
     * @param without is asked second, and says whether it would hold without them
     */
    private static List<Long> expected(Deck deck, Predicate<Machine> holds, Predicate<Machine> without) {
        Machine machine =
                new Machine(deck.program(), deck.host(), deck.options().limits());
        machine.start(deck.program().program().entry());
        List<ScheduledInterrupt> planned = new ArrayList<>(deck.options().interrupts());
        List<Long> icounts = new ArrayList<>();
        boolean held = false;
        while (true) {
            while (machine.status() == Status.RUNNING
                    && !planned.isEmpty()
                    && planned.get(0).icount() == machine.icount()) {
                machine.raise(planned.get(0).signal(), planned.get(0).payload());
                planned.remove(0);
            }
            if (machine.status() == Status.RUNNING) {
                machine.deliverInterrupt();
            }
            boolean now = holds.test(machine);
            if (now && (!held || !without.test(machine))) {
                icounts.add(machine.icount());
            }
            held = now;
            if (machine.status() != Status.RUNNING) {
                return icounts;
            }
            machine.run(machine.icount() + 1);
        }
    }

    private static long word(Machine machine) {
        byte[] bytes = machine.readMemory(4096, 4);
        return (bytes[0] & 0xff) | (bytes[1] & 0xff) << 8;
    }

    static Stream<Arguments> states() {
        Predicate<Machine> running = machine -> machine.depth() > 0;
        return Stream.of(
                Arguments.of("global.count > 40", (Predicate<Machine>) machine -> machine.global(0) > 40),
                Arguments.of("mem32[0x1000] == 7 && global.count > 3", (Predicate<Machine>)
                        machine -> word(machine) == 7 && machine.global(0) > 3),
                Arguments.of("memu8[4096] >= 0xf0 || mem16[4094 + 2] == 1_3", (Predicate<Machine>)
                        machine -> (word(machine) & 0xff) >= 0xf0 || word(machine) == 13),
                Arguments.of(
                        "in(store)", running.and(machine -> machine.position().function() == 1)),
                Arguments.of(
                        "local.value % 100 == 99",
                        running.and(machine -> machine.position().function() == 1 && machine.local(1, 0) % 100 == 99)),
                Arguments.of(
                        "!(local.i < 299)",
                        // A comparison with what is not there is false, and so its contrary is true.
                        (Predicate<Machine>) machine -> machine.depth() != 1 || machine.local(0, 0) >= 299),
                Arguments.of("global.\"odd name\" >= 1000.25", (Predicate<Machine>)
                        machine -> Double.longBitsToDouble(machine.global(1)) >= 1000.25),
                Arguments.of(
                        "depth == 2 && operand.0 == 8192",
                        running.and(machine -> machine.depth() == 2
                                && machine.operandCount(1) > 0
                                && machine.operand(1, machine.operandCount(1) - 1) == 8192)),
                Arguments.of("memory.size == 2", (Predicate<Machine>) machine -> machine.memoryBytes() == 2 << 16),
                Arguments.of("memory.size >= 3", (Predicate<Machine>) machine -> machine.memoryBytes() >= 3 << 16),
                Arguments.of(
                        "icount > 1_000 && icount % 1000 == 0",
                        (Predicate<Machine>) machine -> machine.icount() > 1000 && machine.icount() % 1000 == 0),
                Arguments.of("sp - bp > 3 && ~icount < -100 && (icount & 3) == (1 ^ 2)", (Predicate<Machine>) machine ->
                        machine.sp() - machine.bp() > 3 && machine.icount() > 99 && machine.icount() % 4 == 3),
                Arguments.of(
                        "line == 7",
                        running.and(machine -> machine.position().function() == 0
                                && machine.position().offset() == 0)),
                Arguments.of("icount == 0x1e+5 || icount == 0x1E-0x1 || icount == 1.5e3 || icount == 20e-1", (Predicate<
                                Machine>)
                        machine -> List.of(35L, 29L, 1500L, 2L).contains(machine.icount())),
                Arguments.of("depth == 0", (Predicate<Machine>) machine -> machine.depth() == 0),
                Arguments.of("mem64[0xffff_ffff] == 0", (Predicate<Machine>) machine -> false),
                Arguments.of("1 << 2 == 4 && -7 / 2 == -3 && 1 / 0 == 0", (Predicate<Machine>) machine -> false),
                Arguments.of("local.value + (1 == 1) >= 0 && in(main)", (Predicate<Machine>) machine -> false),
                Arguments.of("1", (Predicate<Machine>) machine -> true));
    }

    @ParameterizedTest
    @MethodSource("states")
    void findsTheFirstTheLastAndEveryTime(String text, Predicate<Machine> holds) throws Exception {
        Condition condition = condition(mixed, text);
        try (Recording recording = open(mixed)) {
            List<Long> expected = expected(mixed, holds);
            ConditionSearch search = condition.in(recording);
            Found every = found(sink -> search.every(sink, executed -> {}));
            assertThat(every.icounts).isEqualTo(expected);
            assertThat(every.result.states()).isEqualTo(recording.icountEnd() + 1);
            assertThat(found(sink -> search.first(false, sink, executed -> {})).icounts)
                    .isEqualTo(expected.subList(0, Math.min(1, expected.size())));
            Found last = found(sink -> search.last(sink, executed -> {}));
            assertThat(last.icounts).isEqualTo(expected.subList(Math.max(0, expected.size() - 1), expected.size()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "icount >= 3000, 3000",
        "2500 < icount && memory.size >= 2, -1",
        "icount >= 0, 0",
        "memory.size > 9, -2",
        "hostcalls > 0, -2"
    })
    void whatCanOnlyBecomeTrueIsFoundByHalves(String text, long icount) throws Exception {
        Condition condition = condition(mixed, text);
        assertThat(condition.rises()).isTrue();
        try (Recording recording = open(mixed)) {
            ConditionSearch search = condition.in(recording);
            Found first = found(sink -> search.first(false, sink, executed -> {}));
            assertThat(first.result.method()).isEqualTo(Method.BINARY_SEARCH);
            assertThat(first.result.states()).isLessThan(40);
            Found scanned = found(sink -> search.every(sink, executed -> {}));
            assertThat(first.occurrences).isEqualTo(scanned.occurrences);
            assertThat(scanned.icounts).hasSize(icount == -2 ? 0 : 1);
            if (icount >= 0) {
                assertThat(first.icounts).containsExactly(icount);
            }
        }
    }

    @Test
    void whatStaysTrueByTheUsersWordIsFoundByHalves() throws Exception {
        Condition condition = condition(mixed, "global.count > 400");
        assertThat(condition.rises()).isFalse();
        try (Recording recording = open(mixed)) {
            ConditionSearch search = condition.in(recording);
            Found halved = found(sink -> search.first(true, sink, executed -> {}));
            Found scanned = found(sink -> search.first(false, sink, executed -> {}));
            assertThat(halved.result.method()).isEqualTo(Method.BINARY_SEARCH);
            assertThat(scanned.result.method()).isEqualTo(Method.SCAN);
            assertThat(halved.occurrences).isEqualTo(scanned.occurrences).hasSize(1);
            assertThat(halved.occurrences.get(0).after().orElseThrow().text()).isEqualTo("global.set count");
            assertThat(halved.occurrences.get(0).values())
                    .containsExactly(new Condition.Value("global.count", halvedCount(halved)));
        }
    }

    private static String halvedCount(Found found) {
        Machine machine =
                new Machine(mixed.program(), mixed.host(), mixed.options().limits());
        machine.start(mixed.program().program().entry());
        machine.run(found.icounts.get(0));
        return Long.toString(machine.global(0));
    }

    @Test
    @DisplayName("an interrupt handler is entered and left, and what it changes is seen, as often as it runs")
    void events() throws Exception {
        try (Recording recording = open(interrupts)) {
            String handler = "tick";
            int index = recording.program().program().findFunction(handler).orElseThrow();
            int deliveries = 0;
            for (int i = 0; i < recording.blocks().size(); i++) {
                deliveries += recording.deliveries(i).size();
            }
            assertThat(deliveries).isGreaterThan(10);
            Found entered = found(sink -> condition(interrupts, "enter(" + handler + ")")
                    .in(recording)
                    .every(sink, n -> {}));
            assertThat(entered.icounts)
                    .isEqualTo(expected(
                            interrupts,
                            machine -> machine.depth() > 0 && machine.position().equals(new Position(index, 0)),
                            machine -> false))
                    .hasSize(deliveries);
            condition(interrupts, "enter(" + handler + ")")
                    .in(recording)
                    .every(
                            occurrence -> {
                                assertThat(occurrence.interrupt())
                                        .as("icount %d", occurrence.icount())
                                        .hasValue(recording.interrupts().get(0).signal());
                                return true;
                            },
                            n -> {});
            // In the handler, where no other is delivered.
            condition(interrupts, "changed(global.0)")
                    .in(recording)
                    .first(
                            false,
                            occurrence -> assertThat(occurrence.interrupt()).isEmpty(),
                            n -> {});
            Found left = found(sink -> condition(interrupts, "leave(" + handler + ")")
                    .in(recording)
                    .every(sink, n -> {}));
            assertThat(left.icounts).hasSizeBetween(deliveries - 1, deliveries);
            long[] before = {0};
            List<Long> changes = expected(
                    interrupts,
                    machine -> {
                        boolean changed = machine.global(0) != before[0];
                        before[0] = machine.global(0);
                        return changed;
                    },
                    machine -> false);
            Found changed = found(sink ->
                    condition(interrupts, "changed(global.0)").in(recording).every(sink, n -> {}));
            assertThat(changed.icounts).isEqualTo(changes).isNotEmpty();
            Found last = found(sink ->
                    condition(interrupts, "changed(global.0)").in(recording).last(sink, n -> {}));
            assertThat(last.icounts).containsExactly(changes.get(changes.size() - 1));
        }
    }

    /** Whether a global has just been changed, for a condition that is asked once after each instruction. */
    private static Predicate<Machine> changed() {
        long[] before = {0};
        return machine -> {
            boolean changed = machine.global(0) != before[0];
            before[0] = machine.global(0);
            return changed;
        };
    }

    static Stream<Arguments> mixtures() {
        int tick = interrupts.program().program().findFunction("tick").orElseThrow();
        Predicate<Machine> in =
                machine -> machine.depth() > 0 && machine.position().function() == tick;
        Predicate<Machine> never = machine -> false;
        return Stream.of(
                Arguments.of("!changed(global.0)", changed().negate(), never.negate()),
                Arguments.of("in(tick) || changed(global.0)", changed().or(in), in),
                Arguments.of("changed(global.0) && in(tick)", changed().and(in), never),
                Arguments.of(
                        "in(tick) && !changed(global.0)", changed().negate().and(in), in),
                Arguments.of("changed(global.0) + in(tick) == 1", changedXor(in), in),
                Arguments.of("1 || enter(tick)", never.negate(), never.negate()));
    }

    private static Predicate<Machine> changedXor(Predicate<Machine> other) {
        Predicate<Machine> changed = changed();
        return machine -> changed.test(machine) != other.test(machine);
    }

    @ParameterizedTest
    @MethodSource("mixtures")
    @DisplayName("what holds because of an event counts each time, what holds without one only where it becomes true")
    void eventsInConditions(String text, Predicate<Machine> holds, Predicate<Machine> without) throws Exception {
        List<Long> expected = expected(interrupts, holds, without);
        assertThat(expected).isNotEmpty();
        try (Recording recording = open(interrupts)) {
            ConditionSearch search = condition(interrupts, text).in(recording);
            Found every = found(sink -> search.every(sink, n -> {}));
            assertThat(every.icounts).isEqualTo(expected);
            assertThat(every.result.replayed())
                    .as("what is looked at is verified once")
                    .isEqualTo(2 * recording.icountEnd());
            assertThat(found(sink -> search.last(sink, n -> {})).icounts)
                    .containsExactly(expected.get(expected.size() - 1));
            // The last time falls before, on and behind a checkpoint.
            long checkpoint = recording.checkpoints().get(2).icount();
            for (long end = checkpoint - 3; end <= checkpoint + 3; end++) {
                ConditionSearch bounded = condition(interrupts, "icount <= " + end + " && (" + text + ")")
                        .in(recording);
                long last = end;
                assertThat(found(sink -> bounded.last(sink, n -> {})).icounts)
                        .as("up to %d", end)
                        .containsExactly(expected.stream()
                                .filter(icount -> icount <= last)
                                .reduce((one, other) -> other)
                                .orElseThrow());
            }
        }
    }

    @Test
    @DisplayName("whatever has an event in it is one")
    void eventsInOperands() throws Exception {
        for (String text : List.of(
                "mem32[changed(global.count)]",
                "memf64[8 * enter(store)] > 1.5",
                "-changed(global.count) < 0",
                "!(1 + leave(store))",
                "1 && (2 == 3 || enter(store))")) {
            assertThat(condition(mixed, text).isEvent()).as(text).isTrue();
            assertThat(condition(mixed, text).rises()).as(text).isFalse();
            assertThatExceptionOfType(ConditionException.class)
                    .as(text)
                    .isThrownBy(() -> condition(mixed, "changed(" + text + ")"))
                    .withMessageContaining("changed(...) needs a value, not an event");
        }
        String many = "icount > 1 || ".repeat(200) + "fault";
        assertThat(condition(mixed, many).rises()).isTrue();
    }

    @Test
    void aFaultIsTheLastMoment() throws Exception {
        try (Recording recording = open(division)) {
            Condition condition = condition(division, "fault");
            for (boolean scan : new boolean[] {false, true}) {
                Found found = found(sink -> scan
                        ? condition.in(recording).last(sink, n -> {})
                        : condition.in(recording).first(false, sink, n -> {}));
                assertThat(found.icounts).containsExactly(recording.icountEnd());
                assertThat(found.occurrences.get(0).after()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "icount >=                  | expected a value, at the end",
                "icount = 3                 | this is no part of a condition, at '= 3'",
                "(icount > 3                | expected ')', at the end",
                "icount > 3)                | expected an operator or the end, at ')'",
                "nothing                    | there is no 'nothing'",
                "global.nothing > 1         | the program has no global 'nothing', at 'global.nothing > 1'",
                "local.nothing > 1          | no function of the program has a local 'nothing'",
                "enter(nothing)             | the program has no function 'nothing', at 'nothing)'",
                "enter(7)                   | expected the name of a function, at '7)'",
                "enter                      | expected '(', at the end",
                "mem32 == 1                 | expected '[', at '== 1'",
                "mem32[1.5] == 1            | an address is a whole number",
                "mem8[4096] == 200          | mem8 is -128 to 127 and never 200; perhaps memu8 is meant",
                "memu16[4096] < -1          | memu16 is 0 to 65535 and never -1; perhaps mem16 is meant",
                "changed(enter(main))       | changed(...) needs a value, not an event",
                "1.5 & 1                    | '&' needs whole numbers",
                "~1.5                       | '~' needs a whole number",
                "0x == 1                    | this is no number, at '0x == 1'",
                "99999999999999999999 > 1   | this number has more than 64 bits",
                "memory.size.3 == 1         | the program has no memory 3",
                "icount # 3                 | this is no part of a condition, at '# 3'",
            })
    void saysWhatIsWrong(String text, String message) {
        assertThatExceptionOfType(ConditionException.class)
                .isThrownBy(() -> condition(mixed, text))
                .withMessageContaining(message);
    }

    @Test
    void deepAndLongConditionsAreRefused() throws Exception {
        assertThatExceptionOfType(ConditionException.class)
                .isThrownBy(() -> condition(mixed, "(".repeat(5000) + "1" + ")".repeat(4999)))
                .withMessageContaining("more than 100 levels");
        assertThatExceptionOfType(ConditionException.class)
                .isThrownBy(() -> condition(mixed, "local" + ".a".repeat(4_900)))
                .withMessageContaining("no function of the program has a local");
        assertThat(condition(mixed, "sp == 7777" + " || sp == 7777".repeat(600)).rises())
                .isFalse();
        assertThatExceptionOfType(ConditionException.class)
                .isThrownBy(() -> condition(mixed, "1 ".repeat(10_000)))
                .withMessageContaining("at most 10000");
    }
}
