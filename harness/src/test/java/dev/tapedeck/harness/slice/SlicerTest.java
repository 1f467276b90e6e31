package dev.tapedeck.harness.slice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlicerTest {
    @TempDir
    Path directory;

    /** What a run is given. */
    private record Given(
            String input, List<Long> arguments, List<ScheduledInterrupt> interrupts, List<Injection> injections) {
        static final Given NOTHING = new Given("", List.of(), List.of(), List.of());
    }

    private interface Question {
        Optional<Slice> ask(Slicer slicer, Recording recording) throws Exception;
    }

    private Optional<Slice> slice(String program, Given given, long instructions, Question question) throws Exception {
        Path path = directory.resolve("recording");
        RunOptions options = new RunOptions(
                "",
                given.arguments,
                1,
                given.interrupts,
                1 << 22,
                Limits.DEFAULT,
                1 << 10,
                CheckpointSpacing.instructions(1 << 12),
                given.injections);
        Recorder.record(
                Deck.assemble("p", program),
                options,
                new VirtualHost(
                        new ByteArrayInputStream(given.input.getBytes(StandardCharsets.UTF_8)),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        1),
                path);
        try (Recording recording = Recording.open(path)) {
            return question.ask(new Slicer(new Replay(recording), instructions), recording);
        }
    }

    /** The slice of what the last host call of a run printed. */
    private Slice printed(String program, Given given) throws Exception {
        return slice(program, given, 1 << 22, (slicer, recording) -> {
                    int calls = recording.hostCalls().size();
                    return slicer.output(recording.hostCalls().get(calls - 1).icount(), 0);
                })
                .orElseThrow();
    }

    private static List<String> lines(Slice slice) {
        List<String> lines = new ArrayList<>();
        for (Cause step : slice.steps()) {
            lines.add(step.kind().mnemonic()
                    + (step.role() == Cause.Role.VALUE ? "" : " (" + step.role().mnemonic() + ")") + " "
                    + step.words()
                    + (step.through().isEmpty()
                            ? ""
                            : " by way of "
                                    + String.join(
                                            ", ",
                                            step.through().stream()
                                                    .map(Executed::text)
                                                    .toList()))
                    + (step.repeats() > 0 ? " and " + step.repeats() + " times more" : "")
                    + (step.leftOut() > 0 ? " and " + step.leftOut() + " others" : ""));
        }
        return lines;
    }

    @Test
    @DisplayName("issue 5.4: a constant, through locals, a global, a call and its return")
    void constant() throws Exception {
        Slice slice = printed("""
                .global kept: mut i32 = 0
                .func same(x: i32) -> i32
                  .local y: i32
                  local.get x
                  local.tee y
                  return
                .end
                .func main()
                  i32.const 41
                  call same
                  global.set kept
                  global.get kept
                  i32.const 1
                  i32.add
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """, Given.NOTHING);
        assertThat(slice.what()).isEqualTo("the operand of call_host tape.print_i32 in main+6 (p.tasm:15) is 42");
        assertThat(slice.complete()).isTrue();
        assertThat(lines(slice))
                .containsExactly(
                        "computed i32.add: 41, 1 -> 42", "constant i32.const 41 by way of global.set kept, return");
        assertThat(slice.steps().get(1).at().place()).isEqualTo("main+0 (p.tasm:9)");
    }

    @Test
    @DisplayName("issue 5.4: an input byte, through memory and arithmetic, back to the host call that brought it")
    void inputByte() throws Exception {
        Slice slice = printed("""
                .memory 1
                .data buffer = zero 16
                .func main()
                  i32.const buffer
                  i32.const 16
                  call_host tape.input
                  drop
                  i32.const buffer+8
                  i32.const buffer
                  i32.const 4
                  memory.copy
                  i32.const buffer+10
                  i32.load8_u
                  i32.const 48
                  i32.sub
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """, new Given("1239", List.of(), List.of(), List.of()));
        assertThat(lines(slice))
                .containsExactly(
                        "computed i32.sub: 51, 48 -> 3",
                        "host call_host tape.input: tape.input(1024, 16) returned 4, wrote 31 32 33 39 \"1239\" at 0x400"
                                + " by way of memory.copy");
    }

    @Test
    void resultOfAHostCallAndAnArgument() throws Exception {
        Slice slice = printed("""
                .func main(n: i64)
                  call_host tape.clock
                  local.get n
                  i64.mul
                  call_host tape.print_i64
                  return
                .end
                .entry main
                """, new Given("", List.of(6L), List.of(), List.of()));
        assertThat(lines(slice))
                .containsExactly(
                        "computed i64.mul: 0, 6 -> 0",
                        "host call_host tape.clock: tape.clock() returned 0",
                        "argument (argument 'n' of main): 6");
    }

    @Test
    void payloadsOfInterruptsFromOutsideAndOfTheProgramItself() throws Exception {
        String program = """
                .global sum: mut i64 = 0
                .func main()
                  i32.const 3
                  interrupt.handle tick
                  i32.const 4
                  interrupt.handle tick
                  i32.const 4
                  i64.const 20
                  i64.const 2
                  i64.add
                  interrupt.raise
                  nop
                  nop
                  nop
                  global.get sum
                  call_host tape.print_i64
                  return
                .end
                .func tick(signal: i32, payload: i64)
                  global.get sum
                  local.get payload
                  i64.add
                  global.set sum
                  interrupt.return
                .end
                .entry main
                """;
        Slice slice = printed(program, new Given("", List.of(), List.of(new ScheduledInterrupt(5, 3, 70)), List.of()));
        assertThat(lines(slice))
                .containsExactly(
                        "computed i64.add: 70, 22 -> 92 by way of global.set sum",
                        "computed i64.add: 20, 2 -> 22 by way of interrupt.raise",
                        "computed i64.add: 0, 70 -> 70 by way of global.set sum",
                        "interrupt (interrupt 3, payload 70)",
                        "initial (global 'sum' starts as 0)");
    }

    @Test
    @DisplayName("issue 5.4: of a loop, the last and the first round are shown, and the others counted")
    void accumulator() throws Exception {
        Slice slice = printed("""
                .func main(n: i32)
                  .local i: i32, sum: i32
                again:
                  local.get sum
                  local.get i
                  i32.add
                  local.set sum
                  local.get i
                  i32.const 1
                  i32.add
                  local.tee i
                  local.get n
                  i32.lt_s
                  br_if again
                  local.get sum
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """, new Given("", List.of(1000L), List.of(), List.of()));
        assertThat(slice.what()).endsWith("is 499500");
        assertThat(slice.complete()).isTrue();
        assertThat(lines(slice))
                .containsExactly(
                        "computed i32.add: 498501, 999 -> 499500 by way of local.set sum and 998 times more",
                        "computed i32.add: 998, 1 -> 999 by way of local.tee i and 997 times more",
                        "computed i32.add: 0, 1 -> 1 by way of local.tee i",
                        "computed i32.add: 0, 0 -> 0 by way of local.set sum",
                        "initial (local 'i' of main starts as 0)",
                        "initial (local 'sum' of main starts as 0)",
                        "branch (condition) br_if #0: 1 -> jumped",
                        "computed (condition) i32.lt_s: 999, 1000 -> 1",
                        "argument (condition) (argument 'n' of main): 1000");
    }

    @Test
    @DisplayName("issue 5.4: a wide load of what two narrow stores wrote comes from both")
    void overlappingStores() throws Exception {
        Slice slice = printed("""
                .memory 1
                .func main(a: i32, b: i32)
                  i32.const 2048
                  local.get a
                  i32.store
                  i32.const 2049
                  local.get b
                  i32.store8
                  i32.const 2052
                  i32.const 7
                  i32.const 4
                  memory.fill
                  i32.const 2048
                  i64.load
                  call_host tape.print_i64
                  return
                .end
                .entry main
                """, new Given("", List.of(1L, 2L), List.of(), List.of()));
        assertThat(lines(slice))
                .containsExactlyInAnyOrder(
                        "argument (argument 'a' of main): 1 by way of i32.store",
                        "argument (argument 'b' of main): 2 by way of i32.store8",
                        "constant i32.const 7 by way of memory.fill");
    }

    @Test
    @DisplayName("issue 5.4: where nothing else explains a constant, the branch that chose it does")
    void wrongBranch() throws Exception {
        Slice slice = printed("""
                .memory 1
                .func rate(age: i32) -> i32
                  local.get age
                  i32.const 65
                  i32.gt_s
                  br_if old
                  i32.const 10
                  return
                old:
                  i32.const 5
                  return
                .end
                .func main()
                  i32.const 0
                  i32.const 1
                  call_host tape.input
                  drop
                  i32.const 0
                  i32.load8_u
                  call rate
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """, new Given("A", List.of(), List.of(), List.of()));
        assertThat(lines(slice))
                .containsExactly(
                        "constant i32.const 10 by way of return",
                        "branch (condition) br_if #6: 0 -> went on",
                        "computed (condition) i32.gt_s: 65, 65 -> 0",
                        "host (condition) call_host tape.input: tape.input(0, 1) returned 1, wrote 41 \"A\" at 0x0");
    }

    @Test
    @DisplayName("issue 5.4: where a value stands in the program's own data, its address explains it")
    void wrongAddress() throws Exception {
        Slice slice = printed("""
                .memory 1
                .data names = i32 11 22 33
                .func main(which: i32)
                  local.get which
                  i32.const 2
                  i32.shl
                  i32.const names
                  i32.add
                  i32.load
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """, new Given("", List.of(2L), List.of(), List.of()));
        assertThat(lines(slice))
                .containsExactly(
                        "data (data 'names')",
                        "choice (address) i32.load: 0x408",
                        "computed (address) i32.add: 8, 1024 -> 1032",
                        "computed (address) i32.shl: 2, 2 -> 8",
                        "argument (address) (argument 'which' of main): 2");
    }

    @Test
    void choicesBySelectAndByATable() throws Exception {
        String program = """
                .table shapes = one, two
                .func one() -> i32
                  i32.const 1
                  return
                .end
                .func two() -> i32
                  i32.const 2
                  return
                .end
                .func main(c: i32)
                  i32.const 0
                  i32.const 1
                  local.get c
                  select
                  call_indirect shapes () -> i32
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """;
        assertThat(lines(printed(program, new Given("", List.of(0L), List.of(), List.of()))))
                .containsExactly(
                        "constant i32.const 2 by way of return",
                        "branch (condition) call_indirect shapes () -> i32: 1 -> called two",
                        "constant (condition) i32.const 1 by way of select");
    }

    @Test
    void whatWasInjectedIsNamed() throws Exception {
        Slice slice = printed(
                """
                .func main()
                  .local x: i32
                  i32.const 1
                  local.set x
                  nop
                  nop
                  local.get x
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """, new Given("", List.of(), List.of(), List.of(new Injection(3, new Location.Local(0, 0), 4))));
        assertThat(lines(slice)).containsExactly("injected (injected)");
        assertThat(slice.steps().get(0).at().icount()).isEqualTo(3);
    }

    @Test
    @DisplayName("issue 5.6: a division by zero is explained by its divisor, an exit code by what it was made of")
    void endings() throws Exception {
        String program = """
                .func main(a: i32, b: i32)
                  i32.const 100
                  local.get a
                  local.get b
                  i32.sub
                  i32.div_s
                  i32.const 1
                  i32.add
                  halt
                .end
                .entry main
                """;
        Question ending = (slicer, recording) -> slicer.ending();
        Slice fault = slice(program, new Given("", List.of(4L, 4L), List.of(), List.of()), 1 << 20, ending)
                .orElseThrow();
        assertThat(fault.what()).isEqualTo("operand.0 of i32.div_s in main+4 (p.tasm:6) is 0");
        assertThat(lines(fault).get(0)).isEqualTo("computed i32.sub: 4, 4 -> 0");
        directory = directory.resolve("other");
        Slice exit = slice(program, new Given("", List.of(7L, 2L), List.of(), List.of()), 1 << 20, ending)
                .orElseThrow();
        assertThat(exit.what()).isEqualTo("the operand of halt in main+7 (p.tasm:9) is 21");
        assertThat(lines(exit))
                .containsExactly(
                        "computed i32.add: 20, 1 -> 21",
                        "computed i32.div_s: 100, 5 -> 20",
                        "computed i32.sub: 7, 2 -> 5",
                        "argument (argument 'a' of main): 7",
                        "argument (argument 'b' of main): 2");
    }

    @Test
    void unreachableIsExplainedByTheWayThere() throws Exception {
        Slice slice = slice(
                        """
                .func check(x: i32)
                  local.get x
                  br_if fine
                  unreachable
                fine:
                  return
                .end
                .func main(a: i32)
                  local.get a
                  call check
                  return
                .end
                .entry main
                """,
                        new Given("", List.of(0L), List.of(), List.of()),
                        1 << 20,
                        (slicer, recording) -> slicer.ending())
                .orElseThrow();
        assertThat(slice.what()).isEqualTo("unreachable in check+2 (p.tasm:4) was reached");
        assertThat(lines(slice))
                .containsExactly(
                        "branch (condition) br_if #3: 0 -> went on", "argument (condition) (argument 'a' of main): 0");
    }

    @Test
    @DisplayName("a slice stops at its bound, and says so")
    void bound() throws Exception {
        String program = """
                .func main(x: i32)
                  .local i: i32
                  i32.const 50000
                  local.set i
                again:
                  local.get i
                  i32.const 1
                  i32.sub
                  local.tee i
                  br_if again
                  local.get x
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """;
        Given given = new Given("", List.of(9L), List.of(), List.of());
        Question printed = (slicer, recording) ->
                slicer.output(recording.hostCalls().get(0).icount(), 0);
        Slice cut = slice(program, given, 20_000, printed).orElseThrow();
        assertThat(cut.complete()).isFalse();
        assertThat(cut.replayed()).isEqualTo(20_000);
        assertThat(lines(cut)).containsExactly("unknown (goes on further back)");
        directory = directory.resolve("other");
        Slice whole = slice(program, given, 1 << 20, printed).orElseThrow();
        assertThat(whole.complete()).isTrue();
        assertThat(lines(whole)).containsExactly("argument (argument 'x' of main): 9");
    }

    @Test
    @DisplayName("a long slice keeps its last steps, what came from outside, and its first")
    void shortened() throws Exception {
        StringBuilder program = new StringBuilder(".func main(x: i32)\n  local.get x\n");
        for (int i = 1; i <= 40; i++) {
            program.append("  i32.const ").append(i).append("\n  i32.xor\n");
        }
        program.append("  call_host tape.print_i32\n  return\n.end\n.entry main\n");
        Slice slice = printed(program.toString(), new Given("", List.of(5L), List.of(), List.of()));
        assertThat(slice.steps()).hasSize(Slice.STEPS_MAX);
        assertThat(slice.steps().get(11).kind()).isEqualTo(Cause.Kind.ARGUMENT);
        assertThat(slice.steps().stream().mapToLong(Cause::leftOut).sum()).isEqualTo(41 - Slice.STEPS_MAX);
        assertThat(slice.steps().get(4).leftOut()).isEqualTo(41 - Slice.STEPS_MAX);
    }

    @Test
    @DisplayName("issue 5.4: of a long slice the program's own steps stay; what a library did has its caller")
    void libraries() throws Exception {
        StringBuilder program = new StringBuilder("""
                .source "own.c"
                .source "libc-top-half/musl/src/stdio/vfprintf.c"
                .func mixed(x: i32) -> i32
                  .source "libc-top-half/musl/src/stdio/vfprintf.c"
                  local.get x @70
                """);
        for (int i = 1; i <= 20; i++) {
            program.append("  i32.const ").append(i).append("\n  i32.xor\n");
        }
        program.append("""
                  return
                .end
                .func main(x: i32)
                  local.get x @10
                  call mixed @11
                  i32.const 3 @12
                  i32.mul
                  i32.const 5 @13
                  i32.add
                  call mixed @14
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """);
        Slice slice = printed(program.toString(), new Given("", List.of(5L), List.of(), List.of()));
        assertThat(slice.steps()).hasSize(Slice.STEPS_MAX);
        assertThat(slice.steps().get(0).words()).startsWith("i32.xor: ");
        assertThat(slice.steps().get(0).caller().orElseThrow().place()).isEqualTo("main+6 (own.c:14)");
        assertThat(slice.steps().get(0).leftOut()).isEqualTo(19);
        assertThat(slice.steps().get(1).words()).startsWith("i32.add: ");
        assertThat(slice.steps().get(1).caller()).isEmpty();
        assertThat(slice.steps().get(2).words()).startsWith("i32.mul: ");
        assertThat(slice.steps().get(3).caller().orElseThrow().place()).isEqualTo("main+1 (own.c:11)");
        assertThat(slice.steps().get(11).kind()).isEqualTo(Cause.Kind.ARGUMENT);
    }

    @Test
    @DisplayName(
            "issue 5.4: the branch that chose a value is found however often the value was put elsewhere behind it")
    void chosenLongBefore() throws Exception {
        Slice slice = printed("""
                .func main(x: i32)
                  .local chosen: i32, a: i32, b: i32, c: i32, d: i32
                  local.get x
                  i32.const 3
                  i32.gt_s
                  br_unless small
                  i32.const 7
                  local.set chosen
                  br chosen
                small:
                  i32.const 8
                  local.set chosen
                chosen:
                  local.get chosen
                  local.set a
                  local.get a
                  local.set b
                  local.get b
                  local.set c
                  local.get c
                  local.set d
                  local.get d
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """, new Given("", List.of(5L), List.of(), List.of()));
        assertThat(lines(slice))
                .containsExactly(
                        "constant i32.const 7 by way of local.set d, local.set c, local.set b",
                        "branch (condition) br_unless #7: 1 -> went on",
                        "computed (condition) i32.gt_s: 5, 3 -> 1",
                        "argument (condition) (argument 'x' of main): 5");
    }

    @Test
    @DisplayName(
            "issue 5.6: what a host function of one's own wrote is explained by all that it was given, or by the way there")
    void ownHostFunctions() throws Exception {
        Path path = directory.resolve("recording");
        Recorder.record(
                Deck.assemble("p", """
                .import env.emit(i32, i64)
                .import env.beep()
                .func main(a: i32)
                  local.get a
                  i32.const 1
                  i32.add
                  local.get a
                  i64.extend_i32_s
                  call_host env.emit
                  local.get a
                  br_if end
                  call_host env.beep
                end:
                  return
                .end
                .entry main
                """),
                new RunOptions(
                        "",
                        List.of(0L),
                        1,
                        List.of(),
                        1000,
                        Limits.DEFAULT,
                        1 << 10,
                        CheckpointSpacing.AUTOMATIC,
                        List.of()),
                call -> {},
                path);
        try (Recording recording = Recording.open(path)) {
            Slicer slicer = new Slicer(new Replay(recording), 1 << 20);
            Slice emitted =
                    slicer.output(recording.hostCalls().get(0).icount(), 0).orElseThrow();
            assertThat(emitted.what()).isEqualTo("the arguments of call_host env.emit in main+5 (p.tasm:9) are 1, 0");
            assertThat(lines(emitted))
                    .containsExactly(
                            "computed i64.extend_i32_s: 0 -> 0",
                            "computed i32.add: 0, 1 -> 1",
                            "argument (argument 'a' of main): 0");
            Slice beeped =
                    slicer.output(recording.hostCalls().get(1).icount(), 0).orElseThrow();
            assertThat(beeped.what()).isEqualTo("call_host env.beep in main+8 (p.tasm:12) was reached");
            assertThat(lines(beeped))
                    .containsExactly(
                            "branch (condition) br_if #9: 0 -> went on",
                            "argument (condition) (argument 'a' of main): 0");
        }
    }

    @Test
    @DisplayName("a payload is what became pending first: from outside or the program's own, also where both are equal")
    void equalPayloads() throws Exception {
        String program = """
                .global last: mut i64 = 0
                .func main()
                  i32.const 3
                  interrupt.handle tick
                  interrupt.disable
                  i32.const 3
                  i64.const 35
                  i64.const 2
                  i64.mul
                  interrupt.raise
                  nop
                  interrupt.enable
                  nop
                  nop
                  global.get last
                  call_host tape.print_i64
                  return
                .end
                .func tick(signal: i32, payload: i64)
                  global.get last
                  i64.const 1000
                  i64.mul
                  local.get payload
                  i64.add
                  global.set last
                  interrupt.return
                .end
                .entry main
                """;
        // From outside first, then the program's own, and the other way round: the last one delivered is added last.
        Slice own = printed(program, new Given("", List.of(), List.of(new ScheduledInterrupt(3, 3, 70)), List.of()));
        assertThat(lines(own).subList(0, 2))
                .containsExactly(
                        "computed i64.add: 70000, 70 -> 70070 by way of global.set last",
                        "computed i64.mul: 70, 1000 -> 70000");
        assertThat(own.steps())
                .filteredOn(step -> step.words().equals("i64.mul: 35, 2 -> 70"))
                .hasSize(1);
        assertThat(own.steps())
                .filteredOn(step -> step.kind() == Cause.Kind.INTERRUPT)
                .hasSize(1);
        long delivered = own.steps().stream()
                .filter(step -> step.kind() == Cause.Kind.INTERRUPT)
                .findFirst()
                .orElseThrow()
                .at()
                .icount();
        directory = directory.resolve("other");
        Slice outside =
                printed(program, new Given("", List.of(), List.of(new ScheduledInterrupt(9, 3, 70)), List.of()));
        long later = outside.steps().stream()
                .filter(step -> step.kind() == Cause.Kind.INTERRUPT)
                .findFirst()
                .orElseThrow()
                .at()
                .icount();
        assertThat(later).isGreaterThan(delivered);
        assertThat(outside.steps())
                .filteredOn(step -> step.words().equals("i64.mul: 35, 2 -> 70"))
                .hasSize(1);
    }
}
