package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReviewCommandTest {
    private static final String SUM = """
            .func add(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.add
              return
            .end
            .func main()
              i32.const 7
              i32.const 2
              call add
              call_host tape.print_i32
              return
            .end
            .entry main
            .test "t"
              .approve
            .end
            """;

    @TempDir
    Path folder;

    private Path programs;
    private Path output;

    @BeforeEach
    void folders() throws IOException {
        programs = Files.createDirectories(folder.resolve("programs"));
        output = folder.resolve("output");
    }

    private Path program(String name, String text) throws IOException {
        return Files.writeString(programs.resolve(name + ".tasm"), text);
    }

    private CommandLineRun test(String... options) {
        List<Object> arguments = new ArrayList<>(List.of("test", programs, "-o", output));
        arguments.addAll(List.of(options));
        return CommandLineRun.of(arguments.toArray());
    }

    private static Object[] review(Path output, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of("review", output));
        arguments.addAll(List.of(options));
        return arguments.toArray();
    }

    private CommandLineRun review(Object... options) {
        return CommandLineRun.of(review(output, options));
    }

    private CommandLineRun answered(String answers) {
        return CommandLineRun.answered(answers, review(output));
    }

    private String name(String program) {
        return programs + "/" + program;
    }

    private String approved(String program) throws IOException {
        return Files.readString(programs.resolve(program + ".approved.txt"));
    }

    /** {@code changed} does something else than is approved, of {@code fresh} nothing is, and {@code gone} has no program. */
    private void threePending() throws IOException {
        program("changed", SUM);
        test("--approve", "new");
        program("changed", SUM.replace("i32.add", "i32.sub"));
        program("fresh", SUM);
        Files.writeString(programs.resolve("gone.approved.txt"), "text");
        Files.writeString(programs.resolve("gone.approved.rec"), "recording");
        assertThat(test().exitCode()).isEqualTo(1);
    }

    @Test
    @DisplayName("nothing pending: exit code 0, whether there is an output folder or not")
    void nothing() throws IOException {
        CommandLineRun missing = CommandLineRun.of("review", folder.resolve("missing"));
        assertThat(missing.exitCode()).isEqualTo(65);
        assertThat(missing.err()).contains("there is no folder " + folder.resolve("missing"));
        program("sum", SUM);
        test("--approve", "new");
        CommandLineRun run = review();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEqualTo("nothing is pending\n");
        assertThat(answered("").out()).isEqualTo("nothing is pending\n");
    }

    @Test
    @DisplayName("an approved recording that is no good can be replaced, although the text is as approved")
    void recordingOnly() throws IOException {
        program("sum", SUM);
        test("--approve", "new");
        Path recording = programs.resolve("sum.approved.rec");
        byte[] good = Files.readAllBytes(recording);
        Files.writeString(recording, "damaged");
        assertThat(test().exitCode()).isEqualTo(1);
        CommandLineRun listed = review();
        assertThat(listed.exitCode()).isEqualTo(1);
        assertThat(listed.out())
                .contains("recording " + name("sum") + "\n          not bisected: ")
                .contains(" --accept=" + name("sum"));
        assertThat(answered("a\n").out()).contains("nothing is pending any more");
        assertThat(recording).hasBinaryContent(good);
        assertThat(test().exitCode()).isZero();
    }

    @Test
    @DisplayName("whoever decides about one run by its name is told of the others, without a bisection of each")
    void decidedByName() throws IOException {
        threePending();
        CommandLineRun run = CommandLineRun.of(review(output, "--accept", "fresh"));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("changed   " + name("changed") + "\nobsolete")
                .doesNotContain("first differs");
    }

    @Test
    @DisplayName(
            "without a terminal: what is pending, the first divergent instruction in a line, and the commands to decide")
    void listed() throws IOException {
        threePending();
        CommandLineRun run = review();
        assertThat(run.exitCode()).isEqualTo(1);
        String command = "  tapedeck review " + output;
        assertThat(run.out()).isEqualTo("""
                        2 runs wait to be approved, approved files of 1 run are obsolete, in %1$s

                        changed   %2$s/changed
                                  first differs from the approved run at instruction 5: i32.add in add+2 (changed.tasm:4) became i32.sub in add+2 (changed.tasm:4); so the first run calls tape.print_i32(9) where the second calls tape.print_i32(5)
                        new       %2$s/fresh
                        obsolete  %2$s/gone
                                  there is no program of that name beside it

                        To step through them, in a terminal:
                        %3$s
                        Or, by command:
                        %3$s --accept=%2$s/changed
                        %3$s --reject=%2$s/changed
                        %3$s --accept=%2$s/fresh
                        %3$s --reject=%2$s/fresh
                        %3$s --delete=%2$s/gone
                        %3$s --accept-all
                        %3$s --delete-all
                        """.formatted(output, programs, command));
        assertThat(programs.resolve("fresh.approved.txt")).doesNotExist();
    }

    @Test
    @DisplayName("the commands that it prints do what they say")
    void printedCommands() throws IOException {
        program("it's a sum", SUM);
        program("-sum", SUM);
        test();
        for (String line : review().out().lines().toList()) {
            if (line.contains("--accept=")) {
                String word = line.substring(line.indexOf("--accept="));
                // As a shell reads it.
                String plain = word.replace("'\\''", "\u0000").replace("'", "").replace('\u0000', '\'');
                assertThat(review(plain).out()).startsWith("accepted  " + programs);
            }
        }
        assertThat(approved("it's a sum")).startsWith("test: ");
        assertThat(approved("-sum")).startsWith("test: ");
        assertThat(review().exitCode()).isZero();
    }

    @Test
    @DisplayName("in a terminal each is shown, the divergence before the texts, and asked for; skipped ones stay")
    void steps() throws IOException {
        threePending();
        String before = approved("changed");

        CommandLineRun run = answered("what\na\nr\ns\n");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .containsSubsequence(
                        "1 of 3  changed  " + name("changed"),
                        "changed.tasm: t",
                        "DIVERGED  at instruction 5",
                        "i32.sub",
                        "--- changed.approved.txt",
                        "-  \"9\\n\"",
                        "+  \"5\\n\"",
                        "[a]ccept, [r]eject, [s]kip, [A]ccept all that are left, [q]uit: "
                                + "[a]ccept, [r]eject, [s]kip, [A]ccept all that are left, [q]uit: accepted  "
                                + name("changed"),
                        "2 of 3  new  " + name("fresh"),
                        "+  \"9\\n\"",
                        "rejected  " + name("fresh"),
                        "3 of 3  obsolete  " + name("gone"),
                        "there is no program of that name beside it",
                        "[d]elete, [s]kip, [q]uit: ",
                        "approved files of 1 run are obsolete");
        assertThat(approved("changed")).isNotEqualTo(before).contains("\"5\\n\"");
        assertThat(programs.resolve("fresh.approved.txt")).doesNotExist();
        assertThat(programs.resolve("gone.approved.txt")).exists();

        CommandLineRun rest = answered("d\n");
        assertThat(rest.exitCode()).isZero();
        assertThat(rest.out()).endsWith("nothing is pending any more\n");
        assertThat(programs.resolve("gone.approved.txt")).doesNotExist();
        assertThat(programs.resolve("gone.approved.rec")).doesNotExist();
        assertThat(test("--approve", "new").exitCode()).isZero();
    }

    @Test
    @DisplayName("A accepts what is left, but deletes nothing; q and the end of the input leave the rest as it is")
    void allAndQuit() throws IOException {
        threePending();
        assertThat(answered("q\n").exitCode()).isEqualTo(1);
        assertThat(answered("").exitCode()).isEqualTo(1);
        assertThat(programs.resolve("fresh.approved.txt")).doesNotExist();

        CommandLineRun run = answered("A\n");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("accepted  " + name("changed"), "accepted  " + name("fresh"));
        assertThat(programs.resolve("gone.approved.txt")).exists();
        assertThat(test().exitCode()).isZero();
    }

    @Test
    @DisplayName("the prompt does not come where the input is no terminal")
    void noPrompt() throws IOException {
        threePending();
        CommandLineRun run = CommandLineRun.withInput("a\na\na\n", review(output));
        assertThat(run.out()).doesNotContain("[a]ccept");
        assertThat(programs.resolve("fresh.approved.txt")).doesNotExist();
    }

    @Test
    @DisplayName("--accept, --reject and --delete decide; the end of a path is enough, unless it is the end of two")
    void byName() throws IOException {
        threePending();
        assertThat(review("--accept", "fresh", "--reject", name("changed") + ".approved.txt")
                        .exitCode())
                .isEqualTo(1);
        assertThat(programs.resolve("fresh.approved.rec")).exists();
        assertThat(approved("changed")).contains("\"9\\n\"");
        CommandLineRun last = review("--delete", "programs/gone");
        assertThat(last.exitCode()).isZero();
        assertThat(last.out()).isEqualTo("deleted   " + name("gone") + "\nnothing is pending\n");

        Files.createDirectories(programs.resolve("sub"));
        program("twice", SUM);
        program("sub/twice", SUM);
        test();
        CommandLineRun two = review("--accept", "twice");
        assertThat(two.exitCode()).isEqualTo(2);
        assertThat(two.err()).contains("'twice' may be " + name("sub/twice") + " or " + name("twice"));
        assertThat(review("--accept", name("twice")).exitCode()).isEqualTo(1);
        assertThat(programs.resolve("twice.approved.txt")).exists();
        assertThat(programs.resolve("sub/twice.approved.txt")).doesNotExist();
    }

    @Test
    @DisplayName("a name that nothing has is wrong usage, and nothing is done")
    void wrongNames() throws IOException {
        threePending();
        CommandLineRun unknown = review("--accept", "fresh", "--accept", "nonsense");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).contains("nothing pending is called 'nonsense'");
        CommandLineRun obsolete = review("--accept", "gone");
        assertThat(obsolete.exitCode()).isEqualTo(2);
        assertThat(obsolete.err()).contains("gone is obsolete, which --delete is for");
        CommandLineRun received = review("--delete", "fresh");
        assertThat(received.exitCode()).isEqualTo(2);
        assertThat(received.err()).contains("fresh is not obsolete");
        assertThat(review("--accept", "fresh", "--reject", "fresh").exitCode()).isEqualTo(2);
        assertThat(programs.resolve("fresh.approved.txt")).doesNotExist();
        assertThat(programs.resolve("gone.approved.txt")).exists();
    }

    @Test
    @DisplayName("--accept-all, --reject-all and --delete-all; what is named is decided as named")
    void all() throws IOException {
        threePending();
        assertThat(review("--accept-all", "--reject", "fresh", "--delete-all").exitCode())
                .isZero();
        assertThat(approved("changed")).contains("\"5\\n\"");
        assertThat(programs.resolve("fresh.approved.txt")).doesNotExist();
        assertThat(programs.resolve("gone.approved.rec")).doesNotExist();
        test();
        assertThat(review("--reject-all").exitCode()).isZero();
        assertThat(programs.resolve("fresh.approved.txt")).doesNotExist();
    }

    @Test
    @DisplayName("--json: what is pending, with bisection and diff, and what was done; nothing is asked")
    void json() throws IOException {
        threePending();
        JsonNode json = CommandLineRun.answered("a\n", review(output, "--json")).json();
        assertThat(json.get("schema").asInt()).isEqualTo(1);
        assertThat(json.get("folder").asText()).isEqualTo(output.toString());
        assertThat(json.get("pending")).hasSize(3);
        JsonNode changed = json.get("pending").get(0);
        assertThat(changed.get("name").asText()).isEqualTo(name("changed"));
        assertThat(changed.get("kind").asText()).isEqualTo("changed");
        assertThat(changed.get("test").asText()).endsWith("changed.tasm: t");
        assertThat(changed.get("files").get(0).asText()).isEqualTo(name("changed.approved.txt"));
        assertThat(Path.of(changed.get("received").get(1).asText())).exists();
        assertThat(changed.get("difference").asText())
                .startsWith("first differs from the approved run at instruction 5: ");
        assertThat(changed.get("bisection").get("instruction").asLong()).isEqualTo(5);
        assertThat(changed.get("diff").asText()).contains("+  \"5\\n\"");
        JsonNode fresh = json.get("pending").get(1);
        assertThat(fresh.get("kind").asText()).isEqualTo("new");
        assertThat(fresh.get("bisection").isNull()).isTrue();
        JsonNode gone = json.get("pending").get(2);
        assertThat(gone.get("kind").asText()).isEqualTo("obsolete");
        assertThat(gone.get("reason").asText()).contains("no program");

        JsonNode done = review("--json", "--accept-all", "--delete-all").json();
        assertThat(done.get("pending")).isEmpty();
        assertThat(done.get("accepted")).hasSize(2);
        assertThat(done.get("rejected")).isEmpty();
        assertThat(done.get("deleted").get(0).asText()).isEqualTo(name("gone"));
    }

    @Test
    @DisplayName(
            "what a run left that is not pending any more is not listed: a test that passes, is gone, or has no .approve")
    void stale() throws IOException {
        Path sum = program("sum", SUM);
        test();
        assertThat(review().exitCode()).isEqualTo(1);
        Files.writeString(sum, SUM.replace("  .approve\n", ""));
        assertThat(review().exitCode()).isZero();
        Files.writeString(sum, SUM);
        assertThat(review().exitCode()).isEqualTo(1);
        Files.move(sum, programs.resolve("renamed.tasm"));
        assertThat(review().exitCode()).isZero();
        Files.move(programs.resolve("renamed.tasm"), sum);
        Files.writeString(sum, "broken");
        assertThat(review().exitCode()).isEqualTo(1);
        Files.writeString(sum, SUM);
        assertThat(test("--approve", "new").exitCode()).isZero();
        assertThat(review().exitCode()).isZero();
    }

    @Test
    @DisplayName("obsolete files that a test has again are not listed")
    void notObsoleteAnyMore() throws IOException {
        Path sum = program("sum", SUM);
        test("--approve", "new");
        Files.writeString(sum, SUM.replace("  .approve\n", ""));
        assertThat(test().err()).contains("are obsolete");
        assertThat(review().out()).contains("obsolete  " + name("sum"));
        Files.writeString(sum, SUM);
        assertThat(review().exitCode()).isZero();
    }

    @Test
    @DisplayName("an approved recording that cannot be used is said, and the texts are compared all the same")
    void unusableRecording() throws IOException {
        threePending();
        Files.writeString(programs.resolve("changed.approved.rec"), "damaged");
        assertThat(review().out()).contains("not bisected: ");
        assertThat(answered("q\n").out()).containsSubsequence("not bisected: ", "--- changed.approved.txt");
        assertThat(review("--accept", "changed").exitCode()).isEqualTo(1);
        test();
        assertThat(review().out()).doesNotContain("changed");
    }

    @Test
    @DisplayName("text of programs and files is made visible: no control character reaches the terminal")
    void hostile() throws IOException {
        Path sum = program("sum", SUM.replace("\"t\"", "\"t\\x1b[2J\""));
        test("--approve", "new");
        Files.writeString(sum, SUM.replace("\"t\"", "\"t\\x1b[2J\"").replace("i32.add", "i32.sub"));
        Path approved = programs.resolve("sum.approved.txt");
        Files.writeString(approved, Files.readString(approved) + "\u001b[31mred\u0007\n");
        test();
        for (CommandLineRun run : List.of(review(), answered("q\n"))) {
            assertThat(run.out()).contains("sum").doesNotContain("\u001b").doesNotContain("\u0007");
        }
        assertThat(answered("q\n").out()).contains("-\\x1b[31mred\\x07");
    }

    @Test
    @DisplayName("a folder that nothing can be written to is said, with exit code 65")
    void unwritable() throws IOException {
        program("sum", SUM);
        test();
        // In the way of the approved text.
        Files.createDirectories(programs.resolve("sum.approved.txt.new/full"));
        CommandLineRun run = review("--accept-all");
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.err()).contains("cannot approve " + name("sum"));
        assertThat(programs.resolve("sum.approved.rec")).doesNotExist();
    }
}
