package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.bisect.Deeds.Deed;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program against versions of it with random changes, and an oracle that compares all that both do, one by one. */
class MutatedVersionsTest {
    private static final int CASES = Integer.getInteger("tapedeck.bisect.cases", 150);
    private static final long SEED = Long.getLong("tapedeck.bisect.seed", 20_260_801);
    private static final String INPUT = "the quick brown fox";

    /** Without the clock, which counts instructions and so tells most versions apart. */
    private static final String TEXT =
            Programs.text("mix.tasm").replace("  call_host tape.clock\n  call_host tape.print_i64\n", "");

    @TempDir
    Path directory;

    private static RunOptions options(Random random) {
        int block = 16 << random.nextInt(6);
        List<ScheduledInterrupt> interrupts = new ArrayList<>();
        for (int i = 100; random.nextBoolean(); i += 1 + random.nextInt(200)) {
            interrupts.add(new ScheduledInterrupt(i, random.nextBoolean() ? 3 : 5, i));
        }
        return new RunOptions(
                "",
                List.of((long) random.nextInt(), 3L),
                random.nextInt(5),
                interrupts,
                6_000,
                Limits.DEFAULT,
                block,
                CheckpointSpacing.instructions((long) block << random.nextInt(3)),
                List.of());
    }

    @Test
    @DisplayName("versions diverge exactly if an oracle sees them do something else, and first where it does")
    void agreesWithOracle() throws RecordingException {
        VerifiedProgram a = Programs.assemble("mix.tasm", TEXT);
        int diverged = 0;
        int followed = 0;
        int compared = 0;
        for (int i = 0; compared < CASES; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            String text = mutate(random, 1 + random.nextInt(3));
            Optional<VerifiedProgram> mutant = assemble(text);
            if (mutant.isEmpty()
                    || a.program().core().equals(mutant.get().program().core())) {
                continue;
            }
            VerifiedProgram b = mutant.get();
            RunOptions options = options(random);
            List<Deed> deedsA = Deeds.of(a, options, LiveRun.host(INPUT, options.seed()));
            List<Deed> deedsB = Deeds.of(b, options, LiveRun.host(INPUT, options.seed()));
            if (limited(deedsA) || limited(deedsB)) {
                // Where a version is stopped early, nothing is promised beyond.
                continue;
            }
            compared++;
            int first = 0;
            while (first < Math.min(deedsA.size(), deedsB.size())
                    && Deeds.same(a.program(), deedsA.get(first), b.program(), deedsB.get(first))) {
                first++;
            }
            boolean expected = first < Math.max(deedsA.size(), deedsB.size());
            Bisection found = bisect(a, b, options, i);
            String which = "seed " + seed + " (repeat with -Dtapedeck.bisect.seed=" + seed
                    + " -Dtapedeck.bisect.cases=1): " + found.summary() + "\n" + changes(text);
            assertThat(found.diverged()).as(which).isEqualTo(expected);
            if (expected) {
                diverged++;
                followed += checkConsequences(found, a.program(), deedsA, b.program(), deedsB, which) ? 1 : 0;
                assertThat(found.kind())
                        .as(which)
                        .isIn(Bisection.Kind.PROGRAM, Bisection.Kind.HOST, Bisection.Kind.INTERRUPT);
                long at = found.a().at().map(Executed::icount).orElse(found.a().instructions());
                assertThat(at).as(which).isLessThanOrEqualTo(deedsA.get(first).icount());
                long atB = found.b().at().map(Executed::icount).orElse(found.b().instructions());
                assertThat(atB).as(which).isLessThanOrEqualTo(deedsB.get(first).icount());
                checkPlace(text, found, which);
                List<Bisection.StateDifference> rows = found.differences();
                if (!rows.isEmpty() && rows.get(rows.size() - 1).location().equals("first effect")) {
                    Bisection.StateDifference row = rows.get(rows.size() - 1);
                    assertThat(row.writerA().map(Executed::icount))
                            .as(which)
                            .contains(deedsA.get(first).icount());
                    assertThat(row.writerB().map(Executed::icount))
                            .as(which)
                            .contains(deedsB.get(first).icount());
                }
            }
        }
        if (CASES >= 100) {
            assertThat(diverged).isBetween(CASES / 4, CASES - 10);
            assertThat(followed).isGreaterThan(diverged / 2);
        }
    }

    /** Something is said to reach the output exactly if what the runs call, or how they end, differs. */
    private static boolean checkConsequences(
            Bisection found, Program a, List<Deed> deedsA, Program b, List<Deed> deedsB, String which) {
        if (found.consequences().isEmpty() || !found.consequences().get().complete()) {
            return false;
        }
        Bisection.Consequences consequences = found.consequences().get();
        assertThat(consequences.list()).as(which).isNotEmpty();
        List<Deed> outsideA = deedsA.stream().filter(Deed::outside).toList();
        List<Deed> outsideB = deedsB.stream().filter(Deed::outside).toList();
        boolean same = outsideA.size() == outsideB.size();
        for (int i = 0; same && i < outsideA.size(); i++) {
            same = Deeds.same(a, outsideA.get(i), b, outsideB.get(i))
                    && outsideA.get(i).bytes().equals(outsideB.get(i).bytes());
        }
        assertThat(consequences.outside().isEmpty())
                .as("nothing reaches the output; %s; %s", consequences, which)
                .isEqualTo(same);
        for (Bisection.Consequence consequence : consequences.list()) {
            assertThat(consequence.stretches()).as(which).isNotEmpty().allSatisfy(stretch -> {
                assertThat(stretch.from()).isLessThanOrEqualTo(stretch.to());
                assertThat(stretch.fromB()).isLessThanOrEqualTo(stretch.toB());
            });
        }
        return true;
    }

    private static boolean limited(List<Deed> deeds) {
        return deeds.get(deeds.size() - 1).what().equals("limit");
    }

    private Bisection bisect(VerifiedProgram a, VerifiedProgram b, RunOptions options, int number)
            throws RecordingException {
        Path pathA = directory.resolve("a" + number);
        Path pathB = directory.resolve("b" + number);
        Recorder.record(a, options, LiveRun.host(INPUT, options.seed()), pathA);
        Recorder.record(b, options, LiveRun.host(INPUT, options.seed()), pathB);
        try (Recording recordingA = Recording.open(pathA);
                Recording recordingB = Recording.open(pathB)) {
            return Bisector.bisect(recordingA, recordingB);
        }
    }

    private static Optional<VerifiedProgram> assemble(String text) {
        try {
            return Optional.of(Verifier.verify(Assembler.assemble("mix.tasm", text)));
        } catch (AssemblyException | VerifyException e) {
            return Optional.empty();
        }
    }

    /** Where one line became another, and nothing else changed, that line is what explains the difference. */
    private static void checkPlace(String text, Bisection found, String which) {
        List<String> old = TEXT.lines().toList();
        List<String> now = text.lines().toList();
        if (old.size() != now.size()) {
            return;
        }
        List<Integer> changed = new ArrayList<>();
        for (int i = 0; i < old.size(); i++) {
            if (!old.get(i).equals(now.get(i))) {
                changed.add(i + 1);
            }
        }
        if (changed.size() == 1) {
            assertThat(found.a().at().orElseThrow().line()).as(which).isEqualTo(changed.get(0));
            assertThat(found.b().at().orElseThrow().line()).as(which).isEqualTo(changed.get(0));
        }
    }

    private static String changes(String text) {
        List<String> old = TEXT.lines().toList();
        List<String> now = text.lines().toList();
        int head = 0;
        while (head < Math.min(old.size(), now.size()) && old.get(head).equals(now.get(head))) {
            head++;
        }
        int tail = 0;
        while (tail < Math.min(old.size(), now.size()) - head
                && old.get(old.size() - 1 - tail).equals(now.get(now.size() - 1 - tail))) {
            tail++;
        }
        return old.subList(head, old.size() - tail) + " became " + now.subList(head, now.size() - tail);
    }

    /** Changes lines at random; the result need not be a program. */
    private static String mutate(Random random, int changes) {
        List<String> lines = new ArrayList<>(TEXT.lines().toList());
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(lines.size());
            String line = lines.get(at);
            switch (random.nextInt(9)) {
                case 0 -> {
                    if (line.matches("  i32\\.const \\d+")) {
                        lines.set(at, "  i32.const " + (Long.parseLong(line.substring(12)) + 1));
                    }
                }
                case 1 -> lines.add(at, "  nop");
                case 2 -> {
                    if (line.matches("  i32\\.(add|mul|and|sub|xor|lt_s|eq)")) {
                        String[] others = {"add", "sub", "mul", "and", "xor", "lt_s", "gt_s", "eq", "le_s"};
                        lines.set(at, "  i32." + others[random.nextInt(others.length)]);
                    }
                }
                case 3 -> {
                    if (line.matches("  (local\\.get (i|n|value|shape)|i32\\.const \\d+|i32\\.add|i32\\.mul)")) {
                        lines.add(at + 1, "  i32.add");
                        lines.add(at + 1, "  i32.const " + random.nextInt(2));
                    }
                }
                case 4 -> {
                    if (line.startsWith("  br_")) {
                        lines.set(
                                at,
                                line.contains("br_if")
                                        ? line.replace("br_if", "br_unless")
                                        : line.replace("br_unless", "br_if"));
                    }
                }
                case 5 -> {
                    if (line.startsWith(".func")) {
                        lines.add(at, ".func extra" + i + "(x: i32) -> i32\n  local.get x\n  return\n.end");
                    }
                }
                case 6 -> {
                    if (line.startsWith(".data words")) {
                        lines.add(at, ".data more" + i + " = \"0123456789\"");
                    }
                }
                case 7 -> {
                    if (line.startsWith("  ") && !line.contains("return")) {
                        lines.remove(at);
                    }
                }
                default -> {
                    if (line.contains("half") && line.contains("local.set")) {
                        lines.add(at + 1, "  i32.const 1\n  drop");
                    } else if (line.equals("  call fill") || line.equals("  call depth")) {
                        lines.add(at + 1, "  i32.const 4200\n  i32.const 1\n  i32.store8");
                    }
                }
            }
        }
        return String.join("\n", lines) + "\n";
    }
}
