package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Forgery;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs of one program: what the result says for each kind. */
class RunPairsTest {
    private static final VerifiedProgram MIX = Programs.program("mix.tasm");
    private static final String INPUT = "the quick brown fox jumps over the lazy dog";

    @TempDir
    Path directory;

    private int recordings;

    private static RunOptions options(
            List<Long> arguments,
            long seed,
            List<ScheduledInterrupt> interrupts,
            long limit,
            int block,
            List<Injection> injections) {
        return new RunOptions(
                "",
                arguments,
                seed,
                interrupts,
                limit,
                Limits.DEFAULT,
                block,
                CheckpointSpacing.instructions(block * 4L),
                injections);
    }

    private static RunOptions plain() {
        return options(List.of(42L, 6L), 1, List.of(), 100_000, 64, List.of());
    }

    private Path record(RunOptions options, String input) throws RecordingException {
        Path path = directory.resolve("recording" + recordings++);
        Recorder.record(MIX, options, LiveRun.host(input, options.seed()), path);
        return path;
    }

    private Bisection bisect(RunOptions a, RunOptions b) throws RecordingException {
        return bisect(record(a, INPUT), record(b, INPUT));
    }

    private static Bisection bisect(Path a, Path b) throws RecordingException {
        try (Recording recordingA = Recording.open(a);
                Recording recordingB = Recording.open(b)) {
            return Bisector.bisect(recordingA, recordingB);
        }
    }

    @Test
    @DisplayName("the same run twice: no divergence, found from digests alone")
    void same() throws RecordingException {
        Bisection found = bisect(plain(), plain());
        assertThat(found.diverged()).isFalse();
        assertThat(found.kind()).isEqualTo(Bisection.Kind.NONE);
        assertThat(found.replayed()).isZero();
        assertThat(found.a().at()).isEmpty();
        assertThat(found.summary()).startsWith("the runs are the same: ").endsWith(" instructions");
    }

    @Test
    @DisplayName("K4: a difference in a heap section is named by section and byte, with who wrote it")
    void section() throws RecordingException {
        VerifiedProgram program = Programs.assemble("section", """
                .func main() -> i32
                  .local section: i32
                  i32.const 5000
                  section.new
                  drop
                  i32.const 5000
                  section.new
                  drop
                  i32.const 5000
                  section.new
                  local.tee section
                  i32.const 16
                  i32.const 7
                  section.store8
                  nop
                  nop
                  local.get section
                  i32.const 0
                  section.load8_u [+16]
                  return
                .end
                .entry main
                """);
        Path[] paths = new Path[2];
        for (int i = 0; i < 2; i++) {
            List<Injection> injections =
                    i == 0 ? List.of() : List.of(new Injection(13, new Location.SectionByte(3, 16), 1));
            RunOptions options = options(List.of(), 1, List.of(), 100_000, 64, injections);
            paths[i] = directory.resolve("section" + i);
            Recorder.record(program, options, LiveRun.host("", 1), paths[i]);
        }
        Bisection found = bisect(paths[0], paths[1]);
        assertThat(found.diverged()).isTrue();
        assertThat(found.differences())
                .extracting(Bisection.StateDifference::location)
                .contains("section 3 byte 0x10");
        assertThat(found.a().at().orElseThrow().icount()).isEqualTo(13);
    }

    @Test
    @DisplayName("other arguments are reported at once")
    void start() throws RecordingException {
        Bisection found = bisect(plain(), options(List.of(43L, 6L), 1, List.of(), 100_000, 64, List.of()));
        assertThat(found.kind()).isEqualTo(Bisection.Kind.START);
        assertThat(found.a().at().orElseThrow().icount()).isZero();
        assertThat(found.summary()).isEqualTo("the runs start differently: main(42, 6) and main(43, 6)");
        assertThat(found.differences())
                .extracting(Bisection.StateDifference::location)
                .containsExactly("parameter 'seed' of main");
    }

    @Test
    @DisplayName("a host result that differs: which function, what it gave on each side, and who wrote what differs")
    void host() throws RecordingException {
        Bisection found = bisect(plain(), options(List.of(42L, 6L), 2, List.of(), 100_000, 64, List.of()));
        assertThat(found.kind()).isEqualTo(Bisection.Kind.HOST);
        Executed at = found.a().at().orElseThrow();
        assertThat(at.text()).isEqualTo("call_host tape.random");
        assertThat(found.b().at()).contains(at);
        assertThat(found.a().event().orElseThrow()).startsWith("tape.random() returned ");
        assertThat(found.b().event().orElseThrow())
                .startsWith("tape.random() returned ")
                .isNotEqualTo(found.a().event().orElseThrow());
        assertThat(found.a().before()).hasSize(16).isEqualTo(found.b().before());
        assertThat(found.differences()).hasSize(1);
        assertThat(found.differences().get(0).location()).isEqualTo("operand.0 of main");
        assertThat(found.differences().get(0).writerA()).contains(at);
        assertThat(found.differences().get(0).writerB()).contains(at);
    }

    @Test
    @DisplayName("what the host wrote into memory is shown as one range with its bytes")
    void hostMemory() throws RecordingException {
        Bisection found = bisect(record(plain(), INPUT), record(plain(), "the WILD brown fox jumps over the lazy dog"));
        assertThat(found.kind()).isEqualTo(Bisection.Kind.HOST);
        assertThat(found.differences()).hasSize(1);
        Bisection.StateDifference row = found.differences().get(0);
        assertThat(row.location()).isEqualTo("memory 0x1014..0x1015");
        assertThat(row.a()).isEqualTo("71 75 \"qu\"");
        assertThat(row.b()).isEqualTo("57 49 \"WI\"");
        assertThat(row.writerA().orElseThrow().text()).isEqualTo("call_host tape.input");
        assertThat(found.summary())
                .matches(
                        "tape\\.input\\(\\d+, \\d+\\) wrote \\d+ bytes, differing from byte \\d+ at 0x1014: 71 75.* in the first"
                                + " run; in the second 57 49.*; at call_host tape\\.input in .*");
    }

    @Test
    @DisplayName("an interrupt that comes on one side only is reported at the boundary where it came")
    void interrupt() throws RecordingException {
        Bisection found = bisect(
                plain(),
                options(List.of(42L, 6L), 1, List.of(new ScheduledInterrupt(200, 3, 42)), 100_000, 64, List.of()));
        assertThat(found.kind()).isEqualTo(Bisection.Kind.INTERRUPT);
        assertThat(found.a().at().orElseThrow().icount()).isEqualTo(200);
        assertThat(found.b().at().orElseThrow().icount()).isEqualTo(200);
        assertThat(found.a().event()).isEmpty();
        assertThat(found.b().event()).contains("interrupt 3, payload 42");
        assertThat(found.b().frames().get(0).function()).isEqualTo("on_tick");
        assertThat(found.b().frames().get(0).interrupt()).isTrue();
        assertThat(found.differences())
                .filteredOn(row -> row.location().equals("call depth"))
                .singleElement()
                .satisfies(
                        row -> assertThat(row.writerB().orElseThrow().text()).isEqualTo("(interrupt 3, payload 42)"));
    }

    @Test
    @DisplayName("a flipped bit in memory that no instruction reads is found all the same")
    void hiddenFault() throws RecordingException {
        Injection flip = new Injection(300, new Location.MemoryByte(60_000), 4);
        Bisection found = bisect(plain(), options(List.of(42L, 6L), 1, List.of(), 100_000, 64, List.of(flip)));
        assertThat(found.kind()).isEqualTo(Bisection.Kind.MACHINE);
        assertThat(found.a().at().orElseThrow().icount()).isEqualTo(300);
        assertThat(found.b().event()).contains("injected: memory 0xea60 xor 0x4");
        assertThat(found.differences()).singleElement().satisfies(row -> {
            assertThat(row.location()).isEqualTo("memory 0xea60");
            assertThat(row.a()).isEqualTo("00");
            assertThat(row.b()).isEqualTo("04");
            assertThat(row.writerA()).isEmpty();
            assertThat(row.writerB().orElseThrow().text()).isEqualTo("(injected: memory 0xea60 xor 0x4)");
        });
    }

    @Test
    @DisplayName("faults at the first and at the last instruction, and in an interrupt handler")
    void firstLastAndInHandler() throws RecordingException {
        long last = bisect(plain(), plain()).a().instructions() - 1;
        for (long icount : List.of(0L, last)) {
            Injection flip = new Injection(icount, new Location.GlobalVariable(0), 2);
            Bisection found = bisect(plain(), options(List.of(42L, 6L), 1, List.of(), 100_000, 64, List.of(flip)));
            assertThat(found.kind()).isEqualTo(Bisection.Kind.MACHINE);
            assertThat(found.a().at().orElseThrow().icount()).isEqualTo(icount);
            assertThat(found.differences().get(0).location()).isEqualTo("global 'count'");
        }
        List<ScheduledInterrupt> interrupts = List.of(new ScheduledInterrupt(200, 3, 42));
        Injection flip = new Injection(202, new Location.Local(2, 1), 1);
        Bisection found = bisect(
                options(List.of(42L, 6L), 1, interrupts, 100_000, 64, List.of()),
                options(List.of(42L, 6L), 1, interrupts, 100_000, 64, List.of(flip)));
        assertThat(found.a().at().orElseThrow().icount()).isEqualTo(202);
        assertThat(found.a().at().orElseThrow().function()).isEqualTo("on_tick");
        assertThat(found.differences().get(0).location()).isEqualTo("parameter 'payload' of on_tick");
        assertThat(found.differences().get(0).writerA().orElseThrow().text()).isEqualTo("(interrupt 3, payload 42)");
        assertThat(found.differences().get(0).writerB().orElseThrow().text()).startsWith("(injected: ");
    }

    @Test
    @DisplayName("a handler that jumps back to its beginning is not entered again")
    void handlerWithALoop() throws Exception {
        VerifiedProgram program = Deck.assemble("loop", """
                .func wait(signal: i32, payload: i64)
                again:
                  local.get payload
                  i64.const 1
                  i64.sub
                  local.tee payload
                  i64.const 0
                  i64.gt_s
                  br_if again
                  interrupt.return
                .end
                .func main()
                  .local i: i32
                  i32.const 3
                  interrupt.handle wait
                  i32.const 9
                  local.set i
                next:
                  local.get i
                  i32.const 1
                  i32.sub
                  local.tee i
                  br_if next
                  return
                .end
                .entry main
                """);
        List<ScheduledInterrupt> interrupts = List.of(new ScheduledInterrupt(6, 3, 5));
        RunOptions plain = options(List.of(), 0, interrupts, 1_000, 64, List.of());
        // Where the handler begins its second round.
        Injection flip = new Injection(13, new Location.Local(1, 1), 8);
        Host none = call -> {};
        Recorder.record(program, plain, none, directory.resolve("a"));
        Recorder.record(program, plain.withInjections(List.of(flip)), none, directory.resolve("b"));
        try (Recording a = Recording.open(directory.resolve("a"))) {
            assertThat(a.deliveredAt(6)).isTrue();
            assertThat(a.deliveredAt(13)).isFalse();
        }
        Bisection found = bisect(directory.resolve("a"), directory.resolve("b"));
        assertThat(found.a().at().orElseThrow().place()).contains("wait+0");
        assertThat(found.differences().get(0).location()).isEqualTo("parameter 'payload' of wait");
        assertThat(found.differences().get(0).writerA().orElseThrow().icount()).isEqualTo(9);
        assertThat(found.differences().get(0).writerA().orElseThrow().text()).isEqualTo("local.tee payload");
    }

    @Test
    @DisplayName("an input behind the end of the run is none")
    void behindTheEnd() throws RecordingException {
        long end = bisect(plain(), plain()).a().instructions();
        for (long icount : List.of(end, end + 1)) {
            Injection flip = new Injection(icount, new Location.GlobalVariable(0), 2);
            assertThat(bisect(plain(), options(List.of(42L, 6L), 1, List.of(), 100_000, 64, List.of(flip)))
                            .kind())
                    .isEqualTo(Bisection.Kind.NONE);
        }
    }

    @Test
    @DisplayName("a run that the instruction limit stopped is compared up to there")
    void end() throws RecordingException {
        Bisection found = bisect(options(List.of(42L, 6L), 1, List.of(), 500, 64, List.of()), plain());
        assertThat(found.kind()).isEqualTo(Bisection.Kind.END);
        assertThat(found.a().at()).isEmpty();
        assertThat(found.b().at().orElseThrow().icount()).isEqualTo(500);
        assertThat(found.a().outcome()).isEqualTo("stopped by the limit of 500 instructions");
        assertThat(found.summary()).startsWith("the first run was stopped by the limit of 500 instructions");
    }

    @Test
    @DisplayName("recordings with other block sizes are compared exactly as well")
    void otherBlocks() throws RecordingException {
        assertThat(bisect(plain(), options(List.of(42L, 6L), 1, List.of(), 100_000, 128, List.of()))
                        .kind())
                .isEqualTo(Bisection.Kind.NONE);
        Bisection expected = bisect(plain(), options(List.of(42L, 6L), 2, List.of(), 100_000, 64, List.of()));
        Bisection found = bisect(plain(), options(List.of(42L, 6L), 2, List.of(), 100_000, 16, List.of()));
        assertThat(found.kind()).isEqualTo(Bisection.Kind.HOST);
        assertThat(found.a().at()).isEqualTo(expected.a().at());
    }

    @Test
    @DisplayName("a cut recording is compared as far as it reaches, and the result says so")
    void cut() throws Exception {
        Path whole = record(plain(), INPUT);
        Path cut = directory.resolve("cut");
        Forgery.cut(whole, cut, 8);
        Bisection found = bisect(whole, cut);
        assertThat(found.kind()).isEqualTo(Bisection.Kind.NONE);
        assertThat(found.summary())
                .contains("as far as both recordings reach")
                .contains("the second recording was cut after");
        Path other = record(options(List.of(42L, 6L), 2, List.of(), 100_000, 64, List.of()), INPUT);
        Path otherCut = directory.resolve("other-cut");
        Forgery.cut(other, otherCut, 10);
        Bisection different = bisect(whole, otherCut);
        assertThat(different.kind()).isEqualTo(Bisection.Kind.HOST);
        assertThat(different.summary()).contains("the second recording was cut after");
    }

    @Test
    @DisplayName("a recording that does not reproduce itself is another kind of failure, and is said first")
    void unfaithful() throws Exception {
        VerifiedProgram wrong = Programs.assemble(
                "mix.tasm", Programs.text("mix.tasm").replace("i32.const 12345\n", "i32.const 12346\n"));
        Path a = record(plain(), INPUT);
        Path wrongRun = directory.resolve("wrong");
        Recorder.record(wrong, plain(), LiveRun.host(INPUT, 1), wrongRun);
        Path b = directory.resolve("forged");
        Forgery.ofProgram(wrongRun, b, MIX.program(), plain());
        Bisection found = bisect(a, b);
        assertThat(found.kind()).isEqualTo(Bisection.Kind.REPLAY);
        assertThat(found.diverged()).isTrue();
        assertThat(found.summary())
                .startsWith("the second recording does not replay, so the runs cannot be compared: ");
        assertThat(found.b().event()).isPresent();
        assertThat(bisect(b, a).summary()).startsWith("the first recording does not replay");
    }

    @Test
    @DisplayName("the costs are bounded: few digests, and about one checkpoint interval on each side")
    void costs() throws RecordingException {
        VerifiedProgram program = Programs.program("long.tasm");
        int block = 1 << 10;
        long interval = 1 << 14;
        Path a = directory.resolve("a");
        Path b = directory.resolve("b");
        RunOptions options = new RunOptions(
                "",
                List.of(40_000L),
                1,
                List.of(),
                1L << 40,
                Limits.DEFAULT,
                block,
                CheckpointSpacing.instructions(interval),
                List.of());
        RunOptions other = new RunOptions(
                "",
                List.of(40_000L),
                1,
                List.of(),
                1L << 40,
                Limits.DEFAULT,
                block,
                CheckpointSpacing.instructions(interval),
                List.of(new Injection(333_333, new Location.Local(0, 1), 1 << 20)));
        Recorder.record(program, options, LiveRun.host("", 1), a);
        Recorder.record(program, other, LiveRun.host("", 1), b);
        Bisection found = bisect(a, b);
        assertThat(found.kind()).isEqualTo(Bisection.Kind.MACHINE);
        assertThat(found.a().at().orElseThrow().icount()).isEqualTo(333_333);
        assertThat(found.a().instructions()).isGreaterThan(400_000);
        assertThat(found.probes()).isLessThanOrEqualTo(10 + 8);
        assertThat(found.replayed()).isLessThanOrEqualTo(2 * (interval + 6L * block));
    }

    @Test
    @DisplayName("the results of a run are written by the return that ends it")
    void writersOfResults() throws Exception {
        Path path = directory.resolve("results");
        Recorder.record(
                Deck.assemble("p", """
                .func main() -> (i32, i32)
                  .local x: i32
                  i32.const 5
                  local.set x
                  i32.const 1
                  i32.const 2
                  return
                .end
                .entry main
                """),
                options(List.of(), 1, List.of(), 100, 64, List.of()),
                LiveRun.host("", 1),
                path);
        try (Recording recording = Recording.open(path)) {
            Lane lane = new Lane(recording, icount -> {});
            lane.seek(recording.icountEnd());
            LastWriters.Target second = new LastWriters.Target(new Location.Operand(0, 1), 1);
            assertThat(LastWriters.search(lane, List.of(second)).get(second).text())
                    .isEqualTo("return");
        }
    }
}
