package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.bisect.Bisection.Consequence;
import dev.tapedeck.harness.bisect.Bisection.Consequences;
import dev.tapedeck.harness.bisect.Bisection.Fate;
import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Issue 5.3: what becomes of the differences between two versions, and what compilers do differently. */
class ConsequencesTest {
    /**
     * Three places to change: a value that is overwritten before anybody reads it, one that decides about a branch, and one
     * that is put out.
     */
    private static final String THREE_PLACES = """
            .memory 1
            .global total: mut i32 = 0
            .func note(value: i32)
              i32.const 3000
              local.get value
              i32.store
              i32.const 3000
              i32.const 0
              i32.store
              return
            .end
            .func round(n: i32)
              i32.const 2000
              local.get n
              i32.const 3
              i32.rem_u
              br_if odd
              i32.const 7
              i32.store
              br done
            odd:
              i32.const 9
              i32.store
            done:
              i32.const 2000
              i32.const 1
              i32.store
              return
            .end
            .func main()
              .local i: i32
            again:
              i32.const 5
              call note
              local.get i
              call round
              global.get total
              i32.const 11
              i32.add
              global.set total
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 6
              i32.lt_u
              br_if again
              global.get total
              call_host tape.print_i32
              return
            .end
            .entry main
            """;

    @TempDir
    Path directory;

    private int recorded;

    private Recording record(VerifiedProgram program, String name) throws RecordingException {
        return record(program, name, RunOptions.DEFAULT);
    }

    private Recording record(VerifiedProgram program, String name, RunOptions options) throws RecordingException {
        Path target = directory.resolve(name + recorded++);
        Recorder.record(program, options, LiveRun.host("input of one line", 0), target);
        return Recording.open(target);
    }

    private Bisection bisect(VerifiedProgram a, VerifiedProgram b) throws RecordingException {
        try (Recording recordingA = record(a, "a");
                Recording recordingB = record(b, "b")) {
            return Bisector.bisect(recordingA, recordingB);
        }
    }

    private Consequences changed(String... fromTo) throws RecordingException {
        String text = THREE_PLACES;
        for (int i = 0; i < fromTo.length; i += 2) {
            assertThat(text).contains(fromTo[i]);
            text = text.replace(fromTo[i], fromTo[i + 1]);
        }
        Bisection found =
                bisect(Programs.assemble("places.tasm", THREE_PLACES), Programs.assemble("places.tasm", text));
        assertThat(found.diverged()).isTrue();
        return found.consequences().orElseThrow();
    }

    private static String cause(Consequence consequence) {
        return consequence.a().or(consequence::b).map(Executed::text).orElseThrow();
    }

    @Test
    @DisplayName("a difference that is overwritten before anybody reads it dies out, each time")
    void diesOut() throws RecordingException {
        Consequences found = changed("i32.const 5\n", "i32.const 6\n");
        assertThat(found.complete()).isTrue();
        assertThat(found.outside()).isEmpty();
        assertThat(found.list()).hasSize(1);
        Consequence only = found.list().get(0);
        assertThat(only.fate()).isEqualTo(Fate.DIES_OUT);
        assertThat(cause(only)).isEqualTo("i32.const 5");
        assertThat(only.stretchCount()).isEqualTo(6);
        assertThat(only.effects()).isEqualTo(6);
        // From the constant to the store of a zero that both runs make, and the return with which the parameter goes.
        assertThat(only.stretches())
                .allSatisfy(stretch -> assertThat(stretch.to() - stretch.from())
                        .isEqualTo(stretch.toB() - stretch.fromB())
                        .isEqualTo(9));
        assertThat(only.effect().words())
                .isEqualTo("the first run stores 5 (4 bytes) at 0xbb8 where the second stores 6 (4 bytes) at 0xbb8");
    }

    @Test
    @DisplayName("jumps that went different ways meet again; what was stored on them dies out with the next store")
    void meetsAgain() throws RecordingException {
        Consequences found = changed("i32.const 3\n", "i32.const 2\n");
        assertThat(found.complete()).isTrue();
        assertThat(found.outside()).isEmpty();
        assertThat(found.list()).extracting(Consequence::fate).containsOnly(Fate.DIES_OUT);
        Consequence first = found.list().get(0);
        assertThat(cause(first)).isEqualTo("i32.const 3");
        // i = 2, 3 and 4 are odd by one of the two numbers only.
        assertThat(first.stretchCount()).isEqualTo(3);
    }

    @Test
    @DisplayName("a difference that is put out reaches the output, and the report says where")
    void reachesOutput() throws RecordingException {
        Consequences found = changed("i32.const 11\n", "i32.const 12\n");
        assertThat(found.complete()).isTrue();
        assertThat(found.list()).hasSize(1);
        Consequence only = found.list().get(0);
        assertThat(only.fate()).isEqualTo(Fate.OUTPUT);
        assertThat(only.effects()).isEqualTo(7);
        assertThat(only.output().orElseThrow().words())
                .isEqualTo("the first run calls tape.print_i32(66) where the second calls tape.print_i32(72)");
        assertThat(only.stretches()).hasSize(1);
        assertThat(only.stretches().get(0).to())
                .isGreaterThan(only.output().orElseThrow().icount());
    }

    @Test
    @DisplayName("behind a difference that dies out the next one is found, and both are told apart")
    void goesOn() throws RecordingException {
        Consequences found = changed("i32.const 5\n", "i32.const 6\n", "i32.const 11\n", "nop\n  i32.const 12\n");
        assertThat(found.list()).extracting(Consequence::fate).containsExactly(Fate.DIES_OUT, Fate.OUTPUT);
        assertThat(found.list()).extracting(ConsequencesTest::cause).containsExactly("i32.const 5", "i32.const 11");
        Consequence second = found.list().get(1);
        assertThat(second.stretches().get(0).fromB())
                .as("one more instruction was executed in the second version")
                .isEqualTo(second.stretches().get(0).from() + 1);
    }

    @Test
    @DisplayName("a difference that nobody reads, and that is there at the end, stays inside")
    void stays() throws RecordingException {
        Consequences found = changed("i32.const 3000\n  i32.const 0\n  i32.store\n", "");
        assertThat(found.complete()).isTrue();
        assertThat(found.outside()).isEmpty();
        assertThat(found.list()).extracting(Consequence::fate).contains(Fate.STAYS);
    }

    @Test
    @DisplayName("the walk behind the first difference ends after a number of instructions, and says how far it came")
    void bound() throws RecordingException {
        String endless = THREE_PLACES.replace("i32.const 6\n  i32.lt_u", "i32.const 300000\n  i32.lt_u");
        Bisection found = bisect(
                Programs.assemble("a.tasm", endless),
                Programs.assemble("b.tasm", endless.replace("i32.const 5\n", "i32.const 4\n")));
        Consequences consequences = found.consequences().orElseThrow();
        assertThat(consequences.complete()).isFalse();
        assertThat(consequences.to() + consequences.toB())
                .as("the bound, less what the comparison of memory counts for")
                .isBetween(Bisector.FOLLOWED_INSTRUCTIONS * 9 / 10, Bisector.FOLLOWED_INSTRUCTIONS + 100);
        Consequence only = consequences.list().get(0);
        assertThat(only.stretches()).hasSize(Bisection.STRETCHES_MAX);
        assertThat(only.stretchCount()).isGreaterThan(Bisection.STRETCHES_MAX);
        assertThat(found.summary()).doesNotContain("nothing of it reaches the output");
    }

    @ParameterizedTest
    @ValueSource(longs = {20, 60, 150})
    @DisplayName("behind a limit that stopped a run nothing is known; the entry's first instruction may be new")
    void stoppedByLimit(long limit) throws RecordingException {
        RunOptions standard = RunOptions.DEFAULT;
        RunOptions stopped = new RunOptions(
                standard.function(),
                standard.arguments(),
                standard.seed(),
                standard.interrupts(),
                limit,
                standard.limits(),
                standard.blockInstructions(),
                standard.checkpoints(),
                standard.injections());
        try (Recording a = record(Programs.assemble("a.tasm", THREE_PLACES), "a", standard);
                Recording b = record(
                        Programs.assemble("b.tasm", THREE_PLACES.replace("i32.const 5\n", "nop\n  i32.const 6\n")),
                        "b",
                        stopped)) {
            Bisection found = Bisector.bisect(a, b);
            Consequences consequences = found.consequences().orElseThrow();
            assertThat(consequences.complete()).isFalse();
            assertThat(found.summary()).doesNotContain("nothing of it reaches the output");
        }
    }

    @Test
    @DisplayName("a difference that memory.copy takes along is the same one at its new place")
    void copied() throws RecordingException {
        String text = """
                .memory 1
                .func main()
                  i32.const 2000
                  i32.const 5
                  i32.store
                  i32.const 3000
                  i32.const 2000
                  i32.const 4
                  memory.copy
                  i32.const 2000
                  i32.const 0
                  i32.store
                  i32.const 3000
                  i32.load
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """;
        List<Consequence> found = consequences(text, text.replace("i32.const 5\n", "i32.const 6\n"));
        assertThat(found).hasSize(1);
        assertThat(cause(found.get(0))).isEqualTo("i32.const 5");
        assertThat(found.get(0).fate()).isEqualTo(Fate.OUTPUT);
    }

    /** Returns 7 on two ways, waits, and adds another number to it. */
    private static final String TWO_WAYS = """
            .memory 1
            .func pick(x: i32) -> i32
              local.get x
              i32.const 3
              i32.lt_u
              br_if low
              i32.const 2000
              i32.const 1
              i32.store
              i32.const 7
              return
            low:
              i32.const 2000
              i32.const 2
              i32.store
              i32.const 7
              return
            .end
            .func main()
              .local i: i32
              i32.const 3
              call pick
              i32.const 2000
              i32.const 0
              i32.store
            again:
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 100
              i32.lt_u
              br_if again
              i32.const 20
              i32.add
              call_host tape.print_i32
              return
            .end
            .entry main
            """;

    @Test
    @DisplayName("equal results of a function that was left on different ways do not differ any more")
    void equalResults() throws RecordingException {
        List<Consequence> found =
                consequences(TWO_WAYS, TWO_WAYS.replace("const 3\n  i32.lt_u", "const 4\n  i32.lt_u"));
        assertThat(found).hasSize(1);
        assertThat(found.get(0).fate()).isEqualTo(Fate.DIES_OUT);
        assertThat(found.get(0).stretches()).hasSize(1);
        assertThat(found.get(0).stretches().get(0).to())
                .as("the store of a zero, before the loop")
                .isLessThan(20);
    }

    @Test
    @DisplayName("an equal operand that came about otherwise is not what the other operand differs by")
    void equalOperand() throws RecordingException {
        List<Consequence> found = consequences(
                TWO_WAYS,
                TWO_WAYS.replace("const 3\n  i32.lt_u", "const 4\n  i32.lt_u").replace("const 20\n", "const 21\n"));
        assertThat(found).extracting(Consequence::fate).containsExactly(Fate.DIES_OUT, Fate.OUTPUT);
        assertThat(cause(found.get(1))).isEqualTo("i32.const 20");

        String product = """
                .func main()
                  i32.const 6
                  i32.const 7
                  i32.mul
                  nop
                  i32.const 20
                  i32.add
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """;
        String folded = product.replace("i32.const 6\n  i32.const 7\n  i32.mul\n", "i32.const 42\n");
        assertThat(consequences(product, folded)).isEmpty();
        assertThat(consequences(product, folded.replace("const 20", "const 21")))
                .singleElement()
                .satisfies(only -> assertThat(cause(only)).isEqualTo("i32.const 20"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory.fill", "call_host tape.input\n  drop"})
    @DisplayName("what is written over two pieces of data, of which one moved, is at two places in the other version")
    void rangeOverMovedData(String write) throws RecordingException {
        String text = """
                .memory 1
                .data one = "aaaaaaaa"
                .data two = "bbbbbbbb"
                .func main()
                  i32.const one
                  WRITE
                  i32.const two
                  i32.load8_u
                  call_host tape.print_i32
                  return
                .end
                .entry main
                """.replace(
                        "WRITE", (write.startsWith("memory") ? "i32.const 0\n  " : "") + "i32.const 16\n  " + write);
        String moved = text.replace(".data two", ".data more = \"0123456789abcdef\"\n.data two");
        List<Consequence> found = consequences(text, moved);
        assertThat(found).singleElement().satisfies(only -> {
            assertThat(cause(only)).isEqualTo(write.lines().findFirst().orElseThrow());
            assertThat(only.fate()).isEqualTo(Fate.OUTPUT);
        });
    }

    private List<Consequence> consequences(String textA, String textB) throws RecordingException {
        Bisection found = bisect(Programs.assemble("a.tasm", textA), Programs.assemble("b.tasm", textB));
        return found.consequences().map(Consequences::list).orElse(List.of());
    }

    @Test
    @DisplayName("a number that is put out is never taken for an address that moved")
    void numbersAreNoAddresses() throws RecordingException {
        String text = """
                .memory 1
                .data text = "before"
                .func main()
                  hp.get
                  hp.set
                  i32.const 2000
                  call_host tape.print_i32
                  i32.const 3000
                  halt
                .end
                .entry main
                """;
        // The heap begins 32 bytes further on.
        String moved = text.replace("before", "before, and what is inserted behind it");
        assertThat(bisect(Programs.assemble("a.tasm", text), Programs.assemble("b.tasm", moved))
                        .diverged())
                .isFalse();
        Bisection printed =
                bisect(Programs.assemble("a.tasm", text), Programs.assemble("b.tasm", moved.replace("2000", "2032")));
        assertThat(printed.summary())
                .endsWith("the first run calls tape.print_i32(2000) where the second calls tape.print_i32(2032)");
        Bisection exited =
                bisect(Programs.assemble("a.tasm", text), Programs.assemble("b.tasm", moved.replace("3000", "3032")));
        assertThat(exited.summary())
                .endsWith("the first run halts with exit code 3000 where the second halts with exit code 3032");
    }

    @Test
    @DisplayName("runs of one program, and versions that do the same, have no consequences")
    void none() throws RecordingException {
        VerifiedProgram program = Programs.assemble("places.tasm", THREE_PLACES);
        VerifiedProgram other = Programs.assemble("places.tasm", THREE_PLACES.replace("again:\n", "again:\n  nop\n"));
        assertThat(bisect(program, program).consequences()).isEmpty();
        Bisection found = bisect(program, other);
        assertThat(found.diverged()).isFalse();
        assertThat(found.consequences()).isEmpty();
    }

    @Test
    @DisplayName("a byte behind 33 million others that are put out with it differs")
    void farBehind() throws RecordingException {
        String text = """
                .memory 600
                .func main()
                  i32.const 33000000
                  i32.const 1
                  i32.store8
                  i32.const 0
                  i32.const 34000000
                  call_host tape.output
                  return
                .end
                .entry main
                """;
        Bisection found = bisect(
                Programs.assemble("a.tasm", text),
                Programs.assemble("b.tasm", text.replace("i32.const 1\n", "i32.const 2\n")));
        Consequence only = found.consequences().orElseThrow().list().get(0);
        assertThat(only.fate()).isEqualTo(Fate.OUTPUT);
        assertThat(only.output().orElseThrow().words()).endsWith("with other bytes behind the first 4,096");
    }

    // What compilers make of one source.

    private static VerifiedProgram compiled(String version) throws Exception {
        return ProgramFile.load(Path.of(Objects.requireNonNull(
                        ConsequencesTest.class.getResource("/bisect/compilers/invoices-" + version + ".wasm"))
                .toURI()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"O1", "Os", "moved", "larger-frame"})
    @DisplayName(
            "other optimisation levels, locals, frames on C's stack and addresses of data are no difference of behaviour")
    void compilers(String version) throws Exception {
        Bisection found = bisect(compiled("O2"), compiled(version));
        assertThat(found.kind()).as(found.summary()).isEqualTo(Bisection.Kind.NONE);
    }

    @Test
    @DisplayName("a compiler that leaves out what has no effect stores other things; nothing of it reaches the output")
    void unoptimised() throws Exception {
        Bisection found = bisect(compiled("O2"), compiled("O0"));
        assertThat(found.consequences().orElseThrow().complete()).isTrue();
        assertThat(found.consequences().orElseThrow().outside()).isEmpty();
        assertThat(found.summary()).endsWith("; nothing of it reaches the output");
    }

    @Test
    @DisplayName("two faults of different kinds at one instruction are two ends")
    void faultsDiffer() throws Exception {
        String program = """
                .func main()
                  i32.const 7
                  section.new
                  drop
                  i32.const %d
                  i32.const 100
                  i32.const 5
                  section.store8
                  return
                .end
                .entry main
                """;
        Bisection found = bisect(Deck.assemble("p", program.formatted(1)), Deck.assemble("p", program.formatted(9)));
        assertThat(found.a().outcome()).contains("section_out_of_bounds");
        assertThat(found.b().outcome()).contains("invalid_section");
        Consequences consequences = found.consequences().orElseThrow();
        assertThat(consequences.complete()).isTrue();
        assertThat(consequences.outside()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"O2, fault", "O1, fault-O1", "O2, fault-O1", "O1, fault", "Os, fault", "moved, fault"})
    @DisplayName(
            "a changed comparison is found on its line, whichever optimisation the two versions were compiled with")
    void faultAcrossCompilers(String good, String bad) throws Exception {
        Bisection found = bisect(compiled(good), compiled(bad));
        List<String> source = Programs.text("compilers/invoices.c").lines().toList();
        Executed atA = found.a().at().orElseThrow();
        Executed atB = found.b().at().orElseThrow();
        assertThat(source.get(atA.line() - 1)).isEqualTo("        if (lines[i]->count > 5) {");
        assertThat(source.get(atB.line() - 1)).isEqualTo("        if (lines[i]->count >= 5) {");
        Consequences consequences = found.consequences().orElseThrow();
        assertThat(consequences.complete()).isTrue();
        assertThat(consequences.outside()).hasSize(1);
        Consequence reached = consequences.outside().get(0);
        assertThat(reached.a()).contains(atA);
        assertThat(reached.output().orElseThrow().words())
                .endsWith(", the first with \"2103\\n\", the second with \"2076\\n\"");
    }

    @Test
    @DisplayName(
            "beside a frame of another size, what the changed comparison led to is not blamed on loads that are new")
    void faultBesideLargerFrame() throws Exception {
        Bisection found = bisect(compiled("larger-frame"), compiled("fault"));
        Consequence reached = found.consequences().orElseThrow().outside().get(0);
        assertThat(reached.a()).isEqualTo(found.a().at());
        assertThat(Programs.text("compilers/invoices.c").lines().toList())
                .element(found.a().at().orElseThrow().line() - 1)
                .isEqualTo("        if (lines[i]->count > 5) {");
        assertThat(reached.output().orElseThrow().words())
                .endsWith(", the first with \"2103\\n\", the second with \"2076\\n\"");
    }
}
