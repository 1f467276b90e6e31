package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pairs of versions of one program. The second of a pair says in its first line what is expected; the line of the first
 * divergent instruction has a mark, in the versions where that instruction is.
 */
class VersionPairsTest {
    private static final String MARK = "; <-- diverges";

    @TempDir
    Path directory;

    static Stream<String> pairs() {
        try (Stream<Path> files =
                Files.list(Path.of(Objects.requireNonNull(VersionPairsTest.class.getResource("/bisect/versions"))
                        .toURI()))) {
            List<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".b.tasm"))
                    .map(name -> name.substring(0, name.length() - ".b.tasm".length()))
                    .sorted()
                    .toList();
            assertThat(names).hasSizeGreaterThan(20);
            return names.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pairs")
    @DisplayName("the first divergent instruction of two versions is on the marked line, or there is none")
    void divergesWhereMarked(String name) throws RecordingException {
        Bisection found = bisect(name);
        String expected = Programs.text("versions/" + name + ".b.tasm")
                .lines()
                .findFirst()
                .orElseThrow()
                .replace("; expect: ", "");
        assertThat(found.kind().mnemonic()).as(found.summary()).isEqualTo(expected);
        assertThat(found.diverged()).isEqualTo(!expected.equals("none"));
        assertThat(line(found.a())).as(found.summary()).isEqualTo(marked(name + ".a.tasm", found.a()));
        assertThat(line(found.b())).as(found.summary()).isEqualTo(marked(name + ".b.tasm", found.b()));
    }

    /** Where a version has no mark, the instruction does not exist there, and any place will do. */
    private static OptionalInt marked(String file, Bisection.Side side) {
        List<String> lines = Programs.text("versions/" + file).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(MARK)) {
                return OptionalInt.of(i + 1);
            }
        }
        return line(side);
    }

    private static OptionalInt line(Bisection.Side side) {
        Optional<Executed> at = side.at();
        return at.isPresent() ? OptionalInt.of(at.get().line()) : OptionalInt.empty();
    }

    private Bisection bisect(String name) throws RecordingException {
        try (Recording a = record(name + ".a");
                Recording b = record(name + ".b")) {
            return Bisector.bisect(a, b);
        }
    }

    private Recording record(String name) throws RecordingException {
        VerifiedProgram program = Programs.program("versions/" + name + ".tasm");
        Path target = directory.resolve(name);
        Recorder.record(program, RunOptions.DEFAULT, LiveRun.host("", 0), target);
        return Recording.open(target);
    }

    @Test
    @DisplayName("a changed constant is explained: what it became, what it changed first, and who wrote that")
    void explainsChange() throws RecordingException {
        Bisection found = bisect("constant-changed");
        assertThat(found.summary())
                .contains("i32.const 10 in discount+5")
                .contains("became i32.const 11")
                .contains("sets global 'total' to 113")
                .contains("sets global 'total' to 112");
        assertThat(found.a().frames()).extracting(Frame::function).containsExactly("discount", "main");
        assertThat(found.a().before()).hasSize(12);
        assertThat(found.a().before().get(11).text()).isEqualTo("local.get amount");
        assertThat(found.differences().get(0).location()).isEqualTo("operand.0 of discount");
        assertThat(found.differences().get(0).writerA().orElseThrow().text()).isEqualTo("i32.const 10");
        assertThat(found.differences().get(0).writerB().orElseThrow().text()).isEqualTo("i32.const 11");
        assertThat(found.differences().get(found.differences().size() - 1).location())
                .isEqualTo("first effect");
    }

    private static List<String> steps(Bisection.Side side) {
        return side.slice().orElseThrow().steps().stream().map(Cause::words).toList();
    }

    @Test
    @DisplayName("issue 5.4: behind a divergence stands how the value came about that shows it, on both sides")
    void explainsHowItCameAbout() throws RecordingException {
        Bisection found = bisect("comparison-changed");
        assertThat(found.a().slice().orElseThrow().what())
                .isEqualTo("the operand of global.set total in main+10 (versions/comparison-changed.a.tasm:43) is 103");
        assertThat(steps(found.a()))
                .containsExactly(
                        "i32.add: 103, 0 -> 103",
                        "i32.add: 100, 3 -> 103",
                        "(data 'prices')",
                        "(global 'total' starts as 0)",
                        "br_unless #8: 0 -> jumped",
                        "i32.gt_s: 100, 100 -> 0");
        assertThat(steps(found.b()))
                .containsExactly(
                        "i32.add: 93, 0 -> 93",
                        "i32.add: 90, 3 -> 93",
                        "i32.sub: 100, 10 -> 90",
                        "(data 'prices')",
                        "(global 'total' starts as 0)",
                        "br_unless #8: 1 -> went on",
                        "i32.ge_s: 100, 100 -> 1");
        assertThat(found.b().slice().orElseThrow().steps().get(6).at())
                .isEqualTo(found.b().at().orElseThrow());

        Bisection late = bisect("effect-shows-late");
        Cause constant = late.b().slice().orElseThrow().steps().stream()
                .filter(step -> step.at().icount() == 0 && step.kind() == Cause.Kind.CONSTANT)
                .findFirst()
                .orElseThrow();
        assertThat(constant.at()).isEqualTo(late.b().at().orElseThrow());
        assertThat(constant.through()).extracting(Executed::text).containsExactly("local.set last");
    }

    private Bisection bisect(String textA, String textB, RunOptions options) throws RecordingException {
        Path pathA = directory.resolve("text-a");
        Path pathB = directory.resolve("text-b");
        Recorder.record(Programs.assemble("v.tasm", textA), options, LiveRun.host("", 0), pathA);
        Recorder.record(Programs.assemble("v.tasm", textB), options, LiveRun.host("", 0), pathB);
        try (Recording a = Recording.open(pathA);
                Recording b = Recording.open(pathB)) {
            return Bisector.bisect(a, b);
        }
    }

    private static final String TICKING = """
            .global ticks: mut i32 = 0
            .func on_tick(signal: i32, payload: i64)
              global.get ticks
              i32.const 1
              i32.add
              global.set ticks
              interrupt.return
            .end
            .func main()
              .local i: i32
              i32.const 3
              interrupt.handle on_tick
            again:
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 10
              i32.lt_s
              br_if again
              local.get i
              call_host tape.print_i32
              return
            .end
            .entry main
            """;

    private static RunOptions interruptedAt(long icount) {
        RunOptions plain = RunOptions.DEFAULT;
        return new RunOptions(
                "",
                List.of(),
                0,
                List.of(new ScheduledInterrupt(icount, 3, 0)),
                plain.instructionLimit(),
                plain.limits(),
                plain.blockInstructions(),
                plain.checkpoints(),
                List.of());
    }

    @Test
    @DisplayName(
            "an interrupt that comes a few instructions elsewhere is no divergence while behaviours keep their order")
    void interruptsElsewhere() throws RecordingException {
        String slower = TICKING.replace("again:\n", "again:\n  nop\n");
        assertThat(bisect(TICKING, slower, interruptedAt(40)).kind()).isEqualTo(Bisection.Kind.NONE);
    }

    @Test
    @DisplayName("an interrupt that comes on the other side of a behaviour is a divergence of its own kind")
    void interruptsOtherSide() throws RecordingException {
        // The tick comes behind the output in the one version, and while the slower one is still in its loop.
        String slower = TICKING.replace("again:\n", "again:\n  nop\n");
        Bisection found = bisect(TICKING, slower, interruptedAt(74));
        assertThat(found.kind()).isEqualTo(Bisection.Kind.INTERRUPT);
        assertThat(found.a().event()).isEmpty();
        assertThat(found.a().frames().get(0).function()).isEqualTo("main");
        assertThat(found.b().event()).contains("interrupt 3, payload 0");
        assertThat(found.b().frames().get(0).function()).isEqualTo("on_tick");
        assertThat(found.b().at().orElseThrow().icount()).isEqualTo(74);
        assertThat(found.summary()).contains("interrupt 3");
    }

    @Test
    @DisplayName("an operand is compared also if an interrupt comes right behind what put it there")
    void interruptBehindOperand() throws RecordingException {
        String constant = TICKING.replace("local.get i\n  call_host", "i32.const 4\n  call_host");
        Bisection found = bisect(constant, constant.replace("i32.const 4\n", "i32.const 5\n"), interruptedAt(73));
        assertThat(found.a().at().orElseThrow().text()).isEqualTo("i32.const 4");
    }

    @Test
    @DisplayName(
            "a clock that is shown tells versions apart that take another number of instructions, and the summary says why")
    void clock() throws RecordingException {
        String a = """
                .func main()
                  i32.const 1
                  drop
                  call_host tape.clock
                  call_host tape.print_i64
                  return
                .end
                .entry main
                """;
        Bisection found = bisect(a, a.replace("  drop\n", "  drop\n  nop\n"), RunOptions.DEFAULT);
        assertThat(found.kind()).isEqualTo(Bisection.Kind.HOST);
        assertThat(found.a().at().orElseThrow().text()).isEqualTo("call_host tape.clock");
        assertThat(found.summary()).contains("the virtual clock counts instructions");
    }

    @Test
    @DisplayName("a version that begins with other parameters is not compared any further")
    void otherStart() throws RecordingException {
        String a = ".func main() -> i32\n  i32.const 1\n  return\n.end\n.entry main\n";
        String b = ".func main() -> i64\n  i64.const 1\n  return\n.end\n.entry main\n";
        Bisection found = bisect(a, b, RunOptions.DEFAULT);
        assertThat(found.kind()).isEqualTo(Bisection.Kind.START);
        assertThat(found.summary())
                .isEqualTo("the runs start differently: main() of type () -> (i32) and main() of type () -> (i64)");
    }
}
