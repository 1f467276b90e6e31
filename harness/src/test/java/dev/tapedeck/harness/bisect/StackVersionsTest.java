package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Versions of a program that keeps a stack in memory as C does, with random changes, against an oracle that compares what
 * both put out.
 */
class StackVersionsTest {
    private static final int CASES = Integer.getInteger("tapedeck.bisect.cases", 100);
    private static final long SEED = Long.getLong("tapedeck.bisect.seed", 20_261_121);

    private static final String TEXT = """
            .memory 2
            .global __stack_pointer: mut i32 = 66560
            .global total: mut i32 = 0
            .func sum(from: i32, count: i32) -> i32
              .local frame: i32, i: i32
              global.get __stack_pointer
              i32.const 16
              i32.sub
              local.tee frame
              global.set __stack_pointer
              local.get frame
              i32.const 0
              i32.store [+12]
              local.get count
              i32.eqz
              br_if done
            again:
              local.get frame
              local.get frame
              i32.load [+12]
              local.get from
              local.get i
              i32.const 4
              i32.mul
              i32.add
              i32.load
              i32.add
              i32.store [+12]
              local.get i
              i32.const 1
              i32.add
              local.tee i
              local.get count
              i32.lt_u
              br_if again
            done:
              local.get frame
              i32.load [+12]
              local.get frame
              i32.const 16
              i32.add
              global.set __stack_pointer
              return
            .end
            .func swap(one: i32, other: i32)
              .local kept: i32
              local.get one
              i32.load
              local.set kept
              local.get one
              local.get other
              i32.load
              i32.store
              local.get other
              local.get kept
              i32.store
              return
            .end
            .func work(n: i32)
              .local frame: i32, i: i32
              global.get __stack_pointer
              i32.const 64
              i32.sub
              local.tee frame
              global.set __stack_pointer
            fill:
              local.get frame
              local.get i
              i32.const 4
              i32.mul
              i32.add
              local.get i
              local.get n
              i32.mul
              i32.store [+8]
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 9
              i32.lt_u
              br_if fill
              local.get frame
              i32.const 8
              i32.add
              local.get frame
              i32.const 24
              i32.add
              call swap
              global.get total
              local.get frame
              i32.const 8
              i32.add
              i32.const 5
              call sum
              i32.add
              global.set total
              i32.const 2048
              local.get frame
              i32.load [+8]
              i32.store
              i32.const 2052
              local.get frame
              i32.const 8
              i32.add
              i32.store
              local.get frame
              global.get total
              i32.store8 [+4]
              local.get frame
              i32.const 4
              i32.add
              i32.const 1
              call_host tape.output
              i32.const 2052
              i32.load
              i32.load
              call_host tape.print_i32
              local.get frame
              i32.const 64
              i32.add
              global.set __stack_pointer
              return
            .end
            .func main()
              .local i: i32
            again:
              local.get i
              call work
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 7
              i32.lt_u
              br_if again
              i32.const 2048
              i32.load
              call_host tape.print_i32
              global.get total
              halt
            .end
            .entry main
            """;

    @TempDir
    Path directory;

    @Test
    @DisplayName("with a stack in memory too, something reaches the output exactly if what is put out differs")
    void agreesWithOutput() throws RecordingException {
        VerifiedProgram a = Programs.assemble("stack.tasm", TEXT);
        RunOptions options = new RunOptions(
                "",
                List.of(),
                0,
                List.of(),
                20_000,
                Limits.DEFAULT,
                256,
                CheckpointSpacing.instructions(1_024),
                List.of());
        List<String> seenA = seen(a, options);
        int differing = 0;
        int hidden = 0;
        int compared = 0;
        for (int i = 0; compared < CASES; i++) {
            long seed = SEED + i;
            String text = mutate(new Random(seed));
            Optional<VerifiedProgram> mutant = assemble(text);
            if (mutant.isEmpty()
                    || a.program().core().equals(mutant.get().program().core())) {
                continue;
            }
            VerifiedProgram b = mutant.get();
            List<String> seenB = seen(b, options);
            if (seenB.get(seenB.size() - 1).equals("limit")) {
                continue;
            }
            compared++;
            Bisection found = bisect(a, b, options, i);
            String which = "seed " + seed + " (repeat with -Dtapedeck.bisect.seed=" + seed
                    + " -Dtapedeck.bisect.cases=1): " + found.summary();
            if (!seenA.equals(seenB)) {
                differing++;
                assertThat(found.diverged()).as(which).isTrue();
            }
            if (found.consequences().isPresent() && found.consequences().get().complete()) {
                hidden += seenA.equals(seenB) ? 1 : 0;
                assertThat(found.consequences().get().outside().isEmpty())
                        .as(which + found.consequences().get())
                        .isEqualTo(seenA.equals(seenB));
            }
        }
        if (CASES >= 100) {
            assertThat(differing).isGreaterThan(CASES / 10);
            assertThat(hidden).isPositive();
        }
    }

    private Bisection bisect(VerifiedProgram a, VerifiedProgram b, RunOptions options, int number)
            throws RecordingException {
        Path pathA = directory.resolve("a" + number);
        Path pathB = directory.resolve("b" + number);
        Recorder.record(a, options, LiveRun.host("", 0), pathA);
        Recorder.record(b, options, LiveRun.host("", 0), pathB);
        try (Recording recordingA = Recording.open(pathA);
                Recording recordingB = Recording.open(pathB)) {
            return Bisector.bisect(recordingA, recordingB);
        }
    }

    /** Everything that is seen of a run from outside: the bytes and numbers it puts out, and how it ends. */
    private static List<String> seen(VerifiedProgram program, RunOptions options) {
        return Deeds.of(program, options, LiveRun.host("", 0)).stream()
                .filter(deed -> deed.outside() || deed.what().equals("limit"))
                .map(deed -> deed.what() + deed.bytes())
                .toList();
    }

    private static Optional<VerifiedProgram> assemble(String text) {
        try {
            return Optional.of(Verifier.verify(Assembler.assemble("stack.tasm", text)));
        } catch (AssemblyException | VerifyException e) {
            return Optional.empty();
        }
    }

    /** Changes lines at random; the result need not be a program. */
    private static String mutate(Random random) {
        List<String> lines = new ArrayList<>(Arrays.asList(TEXT.split("\n")));
        if (random.nextInt(3) == 0) {
            // Another size of a frame, with everything in it elsewhere.
            int size = 80 + 16 * random.nextInt(4);
            lines.replaceAll(line -> line.replace("i32.const 64", "i32.const " + size));
        }
        if (random.nextInt(3) == 0) {
            lines.replaceAll(line -> line.replace("[+12]", "[+8]"));
        }
        for (int changes = random.nextInt(3); changes >= 0; changes--) {
            int at = random.nextInt(lines.size());
            String line = lines.get(at);
            switch (random.nextInt(8)) {
                case 0 -> {
                    if (line.startsWith("  i32.const ")) {
                        long value = Long.parseLong(line.substring(12));
                        lines.set(at, "  i32.const " + (value + random.nextInt(9) - 4));
                    }
                }
                case 1 -> lines.set(at, line.replace("i32.add", "i32.sub").replace("i32.mul", "i32.add"));
                case 2 -> {
                    if (line.startsWith("  ")) {
                        lines.add(at, "  nop");
                    }
                }
                case 3 -> {
                    if (line.matches("  (local\\.get (i|n|count|kept)|i32\\.add|i32\\.load.*)")) {
                        lines.add(at + 1, "  i32.const " + random.nextInt(2) + "\n  i32.add");
                    }
                }
                case 4 -> lines.set(at, line.replace("br_if", "br_unless"));
                case 5 -> {
                    if (line.startsWith("  local.")) {
                        lines.add(at, "  i32.const 3000\n  i32.const 7\n  i32.store");
                    }
                }
                case 6 -> lines.set(at, line.replace("[+8]", "[+16]").replace("[+12]", "[+4]"));
                default -> {
                    if (line.startsWith("  ")) {
                        lines.remove(at);
                    }
                }
            }
        }
        return String.join("\n", lines) + "\n";
    }
}
