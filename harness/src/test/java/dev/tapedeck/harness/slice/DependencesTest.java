package dev.tapedeck.harness.slice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.bisect.Programs;
import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.slice.Dependences.Copy;
import dev.tapedeck.harness.slice.Dependences.Node;
import dev.tapedeck.harness.slice.Dependences.Spot;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is found backwards is what an oracle knows that has followed every value forwards from the start. */
class DependencesTest {
    private static final long SEED = Long.getLong("tapedeck.slice.seed", 20_261_121);
    private static final int POINTS = Integer.getInteger("tapedeck.slice.points", 15);

    @TempDir
    Path directory;

    static Stream<Deck> decks() {
        List<ScheduledInterrupt> interrupts = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            // Payloads that the program itself raises no signal with.
            interrupts.add(new ScheduledInterrupt(40 + 61L * i, i % 3 == 0 ? 5 : 3, 1_000L + i));
        }
        RunOptions options = new RunOptions(
                "",
                List.of(42L, 6L),
                3,
                interrupts,
                1 << 16,
                Limits.DEFAULT,
                64,
                CheckpointSpacing.instructions(256),
                List.of());
        return Stream.concat(
                Stream.of(new Deck("mix", Programs.program("mix.tasm"), options)),
                Deck.all().filter(deck -> !deck.name().contains("limit")));
    }

    @ParameterizedTest
    @MethodSource("decks")
    @DisplayName("what each calculation of a slice reads was given its value by just those that are named")
    void agreesWithWhatIsFollowedForwards(Deck deck) throws Exception {
        Path path = directory.resolve("recording");
        Recorder.record(deck.program(), deck.options(), deck.host(), path);
        try (Recording recording = Recording.open(path)) {
            long end = Math.min(recording.icountEnd(), 4_000);
            Random random = new Random(SEED);
            Set<Long> points = new TreeSet<>();
            for (int i = 0; i < POINTS; i++) {
                points.add((long) (random.nextDouble() * (end + 1)));
            }
            ForwardOracle oracle = new ForwardOracle(recording);
            Replay replay = new Replay(recording);
            int sources = 0;
            for (long point : points) {
                assertThat(oracle.to(point)).isTrue();
                Machine machine = oracle.machine();
                for (List<Spot> keys : places(machine, random)) {
                    String which =
                            deck.name() + " at " + point + ", " + keys + "; repeat with -Dtapedeck.slice.seed=" + SEED;
                    Dependences found = new Dependences(replay, new Dependences.Budget(1L << 30));
                    keys.forEach(found::want);
                    found.walk(point);
                    assertThat(found.complete()).as(which).isTrue();
                    assertThat(names(found.root.sources.get(0))).as(which).isEqualTo(oracle.sources(keys));
                    for (Node node : found.nodes()) {
                        assertThat(node.icount).as(which).isLessThanOrEqualTo(point);
                        sources++;
                        if (node.kind == Cause.Kind.COMPUTED) {
                            assertThat(node.sources.stream()
                                            .map(DependencesTest::names)
                                            .toList())
                                    .as(which + ", operands of " + node.icount)
                                    .isEqualTo(oracle.operands(node.icount));
                        }
                        inOrder(node, which);
                    }
                }
            }
            assertThat(sources).as(deck.name()).isPositive();
        }
    }

    /** What carries a value on comes after what gave it, and before what reads it. */
    private static void inOrder(Node node, String which) {
        for (Map<Node, Optional<Copy>> operand : node.sources) {
            operand.forEach((source, path) -> {
                long before = source.icount - 1;
                for (Copy copy = path.orElse(null); copy != null; copy = copy.next()) {
                    assertThat(copy.icount()).as(which).isGreaterThan(before).isLessThan(node.icount);
                    before = copy.icount();
                }
            });
        }
    }

    private static Set<String> names(Map<Node, Optional<Copy>> sources) {
        Set<String> names = new TreeSet<>();
        sources.keySet().forEach(node -> names.add(node.kind.mnemonic() + "@" + node.icount));
        return names;
    }

    /** Some of the places that there are. */
    private static Set<List<Spot>> places(Machine machine, Random random) {
        Set<List<Spot>> places = new LinkedHashSet<>();
        if (machine.depth() > 0) {
            int frame = random.nextInt(machine.depth());
            int operands = machine.operandCount(frame);
            if (operands > 0) {
                places.add(Dependences.keys(machine, new Location.Operand(frame, random.nextInt(operands)), 1));
            }
            int locals = Effect.locals(machine, frame);
            if (locals > 0) {
                places.add(Dependences.keys(machine, new Location.Local(frame, random.nextInt(locals)), 1));
            }
        }
        int globals = machine.program().globals().size();
        if (globals > 0) {
            places.add(Dependences.keys(machine, new Location.GlobalVariable(random.nextInt(globals)), 1));
        }
        if (!machine.program().memories().isEmpty() && machine.memoryBytes() > 8192) {
            int[] bases = {0, 1024, 4096, 4100, 4160, 8000};
            int address = bases[random.nextInt(bases.length)] + random.nextInt(40);
            places.add(Dependences.keys(machine, new Location.MemoryByte(address), 1 + random.nextInt(12)));
        }
        for (int i = 0; i < machine.program().tables().size(); i++) {
            if (machine.tableSize(i) > 0) {
                places.add(Dependences.keys(
                        machine, new Location.TableElement(i, random.nextInt(machine.tableSize(i))), 1));
            }
            places.add(Dependences.keys(machine, new Location.TableSize(i), 1));
        }
        machine.heapSections().stream()
                .filter(section -> section.size() > 0)
                .limit(3)
                .forEach(section -> {
                    int index = random.nextInt(section.size());
                    places.add(Dependences.keys(
                            machine,
                            new Location.SectionByte(section.number(), index),
                            Math.min(6, section.size() - index)));
                });
        places.add(Dependences.keys(machine, new Location.Register("hp"), 1));
        return places;
    }
}
