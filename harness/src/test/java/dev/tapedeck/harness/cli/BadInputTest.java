package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a command is given, it ends soon, with one clear message and the right exit code, and harms nothing. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BadInputTest {
    private static final String PROGRAM = """
            .program "loop"
            .func main()
              .local i: i32
            again:
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 50
              i32.lt_s
              br_if again
              i32.const 7
              call_host tape.print_i32
              return
            .end
            .entry main
            """;

    @TempDir
    Path folder;

    private Path program;
    private Path bc;
    private Path recording;

    @BeforeEach
    void good() throws IOException {
        program = Files.writeString(folder.resolve("loop.tasm"), PROGRAM);
        bc = folder.resolve("loop.bc");
        recording = folder.resolve("loop.tape");
        assertThat(CommandLineRun.of("asm", program, "-o", bc).exitCode()).isZero();
        assertThat(CommandLineRun.of("record", program, "-o", recording, "--block", 64)
                        .exitCode())
                .isZero();
    }

    private static void refused(CommandLineRun run) {
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(65);
        clear(run);
    }

    private static void clear(CommandLineRun run) {
        assertThat(run.err())
                .startsWith("tapedeck: ")
                .doesNotContain("Exception")
                .doesNotContain("internal error")
                .doesNotContain("null")
                .doesNotContain("\tat ");
        assertThat(run.err().lines().filter(line -> line.startsWith("tapedeck: ")))
                .as(run.err())
                .hasSize(1);
    }

    @Test
    @DisplayName("nothing is written into a recording, least of all its own pack")
    void outputIntoARecording() throws IOException {
        Path data = recording.resolve("19700101F.cq4");
        byte[] before = Files.readAllBytes(data);
        refused(CommandLineRun.of("pack", recording, "-o", data));
        refused(CommandLineRun.of("pack", recording, "-o", recording.resolve("packed.rec")));
        refused(CommandLineRun.of("asm", program, "-o", recording.resolve("loop.bc")));
        refused(CommandLineRun.of("report", recording, "-o", recording));
        assertThat(data).hasBinaryContent(before);
        try (Stream<Path> files = Files.list(recording)) {
            assertThat(files).containsExactly(data);
        }
        assertThat(CommandLineRun.of("replay", recording).exitCode()).isZero();
    }

    @Test
    void aDeepCallStackIsCountedToItsEnd() throws IOException {
        Path deep = Files.writeString(
                folder.resolve("deep.tasm"), ".func main()\n  call main\n  return\n.end\n.entry main\n");
        CommandLineRun run = CommandLineRun.of("run", deep);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("and 65,520 more frames");
        assertThat(run.err().lines()).hasSizeLessThan(30);
    }

    @Test
    void aDocumentHoldsTheBeginningOfEndlessOutput() throws IOException {
        Path spam = Files.writeString(folder.resolve("spam.tasm"), """
                .memory 16
                .func main()
                again:
                  i32.const 0
                  i32.const 1000000
                  call_host tape.output
                  br again
                .end
                .entry main
                """);
        CommandLineRun run = CommandLineRun.of("run", spam, "--json", "--limit", 400);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("\"outputBytes\": 100000000");
        assertThat(run.out().length()).isLessThan(200_000_000);
    }

    @Test
    void aProgramThatTouchesAllMemoryIsStopped() throws IOException {
        Path touch = Files.writeString(folder.resolve("touch.tasm"), """
                .memory 65536
                .func main()
                  i32.const 0
                  i32.const 7
                  i32.const -1
                  memory.fill
                  return
                .end
                .entry main
                """);
        Path tape = folder.resolve("touch.tape");
        CommandLineRun run = CommandLineRun.of("record", touch, "-o", tape, "--memory-limit", 8);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).startsWith("fault memory_overflow").contains("limit is 2048");
        assertThat(CommandLineRun.of("replay", tape).exitCode()).isZero();
        assertThat(CommandLineRun.of("run", touch, "--memory-limit", 4097).exitCode())
                .isEqualTo(2);
    }

    /** Commands that take a program. */
    static Stream<String> programCommands() {
        return Stream.of("asm", "dis", "verify", "run", "record", "bench");
    }

    private CommandLineRun onProgram(String command, Path file) {
        return switch (command) {
            case "asm" -> CommandLineRun.of(command, file, "-o", folder.resolve("out.bc"));
            case "record" -> CommandLineRun.of(command, file, "-o", folder.resolve("out.tape"));
            default -> CommandLineRun.of(command, file);
        };
    }

    @ParameterizedTest
    @MethodSource("programCommands")
    void programsThatAreNone(String command) throws IOException {
        Path empty = Files.write(folder.resolve("empty.bc"), new byte[0]);
        Path directory = Files.createDirectory(folder.resolve("directory.tasm"));
        Path truncated = Files.write(folder.resolve("truncated.bc"), Arrays.copyOf(Files.readAllBytes(bc), 40));
        Path text = Files.writeString(folder.resolve("text.bc"), PROGRAM);
        Path binary = Files.write(folder.resolve("binary.tasm"), Files.readAllBytes(bc));
        Path other = Files.writeString(folder.resolve("program.txt"), PROGRAM);
        for (Path file :
                new Path[] {folder.resolve("missing.tasm"), empty, directory, truncated, text, binary, other}) {
            CommandLineRun run = onProgram(command, file);
            refused(run);
            assertThat(folder.resolve("out.bc")).doesNotExist();
            assertThat(folder.resolve("out.tape")).doesNotExist();
        }
    }

    @Test
    void randomPrograms() throws IOException {
        long seed = 20_261_121;
        Random random = new Random(seed);
        byte[] whole = Files.readAllBytes(bc);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = i % 2 == 0 ? whole.clone() : new byte[random.nextInt(300)];
            if (i % 2 == 0) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            } else {
                random.nextBytes(bytes);
            }
            Path file = Files.write(folder.resolve("random.bc"), bytes);
            CommandLineRun run = CommandLineRun.of("verify", file);
            if (run.exitCode() != 0) {
                refused(run);
            }
        }
    }

    @Test
    void programsAreReadableTextEvenWithHostileNames() throws IOException {
        Path file = Files.writeString(
                folder.resolve("hostile.tasm"), ".func \"\u001b[31mred\u202e\"()\n  i32.constt\n.end\n");
        CommandLineRun run = CommandLineRun.of("verify", file);
        refused(run);
        assertThat(run.err()).doesNotContain("\u001b").doesNotContain("\u202e");
    }

    /** Commands that take a recording. */
    static Stream<String> recordingCommands() {
        return Stream.of("replay", "log", "state", "stats", "bisect", "bisect2", "diff", "report", "pack", "unpack");
    }

    private CommandLineRun onRecording(String command, Path path) {
        return switch (command) {
            case "state" -> CommandLineRun.of(command, path, "--at", 0);
            case "bisect" -> CommandLineRun.of(command, path, recording);
            case "bisect2" -> CommandLineRun.of("bisect", recording, path);
            case "diff" -> CommandLineRun.of(command, recording, path);
            case "report" -> CommandLineRun.of(command, path, "-o", folder.resolve("out"));
            case "pack", "unpack" -> CommandLineRun.of(command, path, "-o", folder.resolve("out"));
            default -> CommandLineRun.of(command, path);
        };
    }

    @ParameterizedTest
    @MethodSource("recordingCommands")
    void recordingsThatAreNone(String command) throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path text = Files.writeString(folder.resolve("text.rec"), "this is no recording");
        Path nothing = Files.write(folder.resolve("nothing.rec"), new byte[0]);
        Path emptyQueue = Files.createDirectory(folder.resolve("empty-queue"));
        Files.write(emptyQueue.resolve("19700101F.cq4"), new byte[0]);
        byte[] noise = new byte[100_000];
        new Random(1).nextBytes(noise);
        Path random = Files.createDirectory(folder.resolve("random"));
        Files.write(random.resolve("19700101F.cq4"), noise);
        for (Path path : new Path[] {folder.resolve("missing"), empty, text, nothing, emptyQueue, random}) {
            refused(onRecording(command, path));
            assertThat(folder.resolve("out")).doesNotExist();
        }
    }

    @Test
    @DisplayName("a cut recording: a warning says how far it reaches, and commands work up to there")
    void cutRecording() throws IOException {
        Path queue;
        try (Stream<Path> files = Files.list(recording)) {
            queue = files.filter(file -> file.toString().endsWith(".cq4"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] whole = Files.readAllBytes(queue);
        int end = whole.length;
        while (whole[end - 1] == 0) {
            end--;
        }
        int usable = 0;
        for (int length = end - 1; length > 0; length -= 97) {
            Files.write(queue, Arrays.copyOf(whole, length));
            CommandLineRun stats = CommandLineRun.of("stats", recording, "--json");
            clear(stats);
            if (stats.exitCode() == 0) {
                usable++;
                assertThat(stats.err()).contains("warning").contains("usable up to instruction ");
                assertThat(stats.json().get("complete").asBoolean()).isFalse();
                long reach = stats.json().get("instructions").asLong();
                CommandLineRun replay = CommandLineRun.of("replay", recording);
                assertThat(replay.exitCode()).as(replay.err()).isZero();
                assertThat(CommandLineRun.of("log", recording).exitCode()).isZero();
                assertThat(CommandLineRun.of("state", recording, "--at", reach).exitCode())
                        .isZero();
            } else {
                assertThat(stats.exitCode()).isEqualTo(65);
            }
        }
        assertThat(usable).isPositive();
    }

    @Test
    void flippedBitsInPackedRecordings() throws IOException {
        Path packed = folder.resolve("loop.rec");
        assertThat(CommandLineRun.of("pack", recording, "-o", packed).exitCode())
                .isZero();
        byte[] whole = Files.readAllBytes(packed);
        Random random = new Random(7);
        for (int i = 0; i < 60; i++) {
            byte[] bytes = whole.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(packed, bytes);
            CommandLineRun run = CommandLineRun.of("replay", packed);
            if (run.exitCode() != 0 || !run.err().isEmpty()) {
                clear(run);
                assertThat(run.exitCode()).as(run.err()).isIn(0, 65);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run",
                "run loop.tasm --nonsense",
                "run loop.tasm --seed x",
                "run loop.tasm --limit 0",
                "run loop.tasm --block 99999999999",
                "run loop.tasm --block 64 --checkpoint-every 65",
                "run loop.tasm --function missing",
                "run loop.tasm -- 1",
                "run loop.tasm --timer 5",
                "run loop.tasm --timer 0:3",
                "run loop.tasm --timer 5:32",
                "run loop.tasm --timer 99999999999:3",
                "run loop.tasm --timer x:3",
                "run loop.tasm --interrupt 5",
                "run loop.tasm --interrupt 5:32",
                "run loop.tasm --interrupt -1:3",
                "run loop.tasm --interrupt 5:3:1:every=10",
                "run loop.tasm --interrupt 5:3:1:every=10:count=99999999999",
                "run loop.tasm --interrupt 9223372036854775807:3:1:every=10:count=2",
                "run loop.tasm --inject 5:nowhere:1",
                "run loop.tasm --inject 5:global.missing:1",
                "run loop.tasm --inject 5",
                "asm loop.tasm",
                "asm loop.tasm -o out.txt",
                "record loop.tasm",
                "log loop.tape --from -1",
                "log loop.tape --from 100000",
                "log loop.tape --count 0",
                "state loop.tape",
                "state loop.tape --at 100000",
                "state loop.tape --at -1",
                "state loop.tape --at 5 --memory 1",
                "state loop.tape --at 5 --memory 0:99999999",
                "bisect loop.tape",
                "bisect loop.tape loop.tape loop.tape",
                "diff loop.tasm loop.tape",
                "bench",
                "bench loop.tasm --rounds 0",
                "bench loop.tasm --test missing",
                "demo --nonsense",
                "demo programs",
                "log loop.tape --from 9223372036854775808",
                "state loop.tape --at 9223372036854775808",
                "run loop.tasm --limit 9223372036854775808",
                "test",
                "test loop.tasm --approve some",
                "test loop.tasm --limit 0",
                "review --accept-all --reject-all",
                "review --accept nothing",
                "review one two",
                "snapshots",
                "run loop.tasm --from nowhere",
                "import loop.wasm",
                "rnu loop.tasm"
            })
    void wrongUsage(String line) {
        Object[] arguments = Arrays.stream(line.split(" "))
                .map(word -> word.startsWith("loop.t") ? folder.resolve(word).toString() : word)
                .toArray();
        CommandLineRun run = CommandLineRun.of(arguments);
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        clear(run);
    }

    @Test
    @DisplayName("what differs cannot be printed: exit code 65 and not 1, which would say that all was printed")
    void standardOutputIsFull() throws IOException {
        Path other = folder.resolve("other.tape");
        CommandLineRun.of("record", program, "-o", other, "--limit", 40);
        for (String json : new String[] {"--color=never", "--json"}) {
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int exitCode = CommandLineRun.run("", new FullDisk(), err, "bisect", recording, other, json);
            assertThat(exitCode).isEqualTo(65);
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .isEqualTo("tapedeck: cannot write to standard output: No space left on device\n");
        }
    }

    private static final class FullDisk extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("No space left on device");
        }
    }

    @Test
    void linksInACircleAndNamesThatAreTooLong() throws IOException {
        Path circle = folder.resolve("circle");
        Files.createSymbolicLink(circle, circle.getFileName());
        CommandLineRun run = CommandLineRun.of("replay", circle);
        refused(run);
        assertThat(run.err()).contains("Too many levels of symbolic links").doesNotContain("permission");
        CommandLineRun tooLong = CommandLineRun.of("replay", folder.resolve("x".repeat(300)));
        refused(tooLong);
        assertThat(tooLong.err()).contains("File name too long").doesNotContain("permission");
    }

    @Test
    @DisplayName("a name with bytes that are no text is not said to be missing")
    void namesThatAreNoText() {
        for (String name : new String[] {"caf\ufffd.tape", "caf\ufffd.tasm"}) {
            CommandLineRun run = name.endsWith("tape")
                    ? CommandLineRun.of("bisect", recording, folder.resolve(name))
                    : CommandLineRun.of("run", folder.resolve(name));
            assertThat(run.exitCode()).isEqualTo(2);
            clear(run);
            assertThat(run.err()).contains("has bytes that are no text in the encoding of file names here");
        }
    }

    @Test
    void nonsenseConditions() {
        Map<String, String> conditions = Map.of(
                "in(mian)",
                "(did you mean 'main'?)",
                "local.j > 1",
                "has a local 'j' (did you mean 'i'?)",
                "icount > 99999999999999999999",
                "this number has more than 64 bits",
                "(".repeat(20_000),
                "it has 20000 characters, at most 10000 are possible",
                "(".repeat(9_000),
                "more than 100 levels");
        conditions.forEach((condition, says) -> {
            CommandLineRun run = CommandLineRun.of("bisect", recording, "--when", condition);
            assertThat(run.exitCode()).isEqualTo(2);
            clear(run);
            assertThat(run.err()).contains(says);
        });
        for (String never : new String[] {"1/0 == 0", "icount % 0 == icount", "9223372036854775807 + 1 > 0"}) {
            assertThat(CommandLineRun.of("bisect", recording, "--when", never).exitCode())
                    .as(never)
                    .isEqualTo(1);
        }
        CommandLineRun place = CommandLineRun.of("slice", recording, "--at", 5, "(".repeat(5_000));
        assertThat(place.exitCode()).isEqualTo(2);
        assertThat(place.err().length()).isLessThan(300);
    }

    @Test
    void typingMistakesGetSuggestions() {
        assertThat(CommandLineRun.of("bsect", "a", "b").err()).contains("bisect");
        assertThat(CommandLineRun.of("run", program, "--sed", "5").err()).contains("--seed");
    }

    @Test
    void whatDoesNotExistIsSaidInWords() {
        CommandLineRun command = CommandLineRun.of("frobnicate", "a");
        assertThat(command.exitCode()).isEqualTo(2);
        assertThat(command.err())
                .startsWith("tapedeck: there is no command 'frobnicate'\n")
                .doesNotContain("did you mean");
        CommandLineRun help = CommandLineRun.of("help", "frobnicate");
        assertThat(help.exitCode()).isEqualTo(2);
        assertThat(help.err()).isEqualTo(command.err());
        assertThat(CommandLineRun.of("log", program, "--form", "3").err())
                .startsWith("tapedeck: there is no option '--form'\n");
        assertThat(CommandLineRun.of("stats", program, "b").err())
                .startsWith("tapedeck: 'b' is one argument too many\n");
    }

    @Test
    @DisplayName("a program without any function is valid, but there is nothing to run")
    void nothingToRun() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.tasm"), "");
        for (String command : new String[] {"run", "record"}) {
            CommandLineRun run = onProgram(command, empty);
            refused(run);
            assertThat(run.err()).contains("the program has no function to run");
        }
    }

    @Test
    void programsThatNeedWhatIsNotThere() throws IOException {
        Path foreign = Files.writeString(
                folder.resolve("foreign.tasm"),
                ".import env.launch(i32)\n.func main()\n  i32.const 1\n  call_host env.launch\n  return\n.end\n.entry main\n");
        refused(CommandLineRun.of("run", foreign));
        refused(CommandLineRun.of("record", foreign, "-o", folder.resolve("out")));
        Path noEntry = Files.writeString(folder.resolve("none.tasm"), ".func f()\n  return\n.end\n");
        CommandLineRun run = CommandLineRun.of("run", noEntry);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--function");
    }

    @Test
    void inputThatCannotBeRead() {
        refused(CommandLineRun.of("run", program, "--input", folder.resolve("missing.txt")));
        refused(CommandLineRun.of("run", program, "--input", folder));
    }

    @Test
    void resultsThatCannotBeWritten() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        refused(CommandLineRun.of("asm", program, "-o", folder.resolve("no/such/folder/out.bc")));
        refused(CommandLineRun.of("asm", program, "-o", Files.createDirectory(folder.resolve("directory.bc"))));
        refused(CommandLineRun.of("record", program, "-o", file));
        refused(CommandLineRun.of("record", program, "-o", file.resolve("below")));
        refused(CommandLineRun.of("pack", recording, "-o", file.resolve("below")));
        refused(CommandLineRun.of("unpack", recording, "-o", file));
        refused(CommandLineRun.of("report", recording, "-o", file));
        refused(CommandLineRun.of("demo", "--out", file));
        refused(CommandLineRun.of("demo", "--programs", folder.resolve("missing"), "--out", folder.resolve("demo")));
        assertThat(file).hasContent("mine");
    }

    @Test
    @DisplayName("a full disk: one clear line, exit code 65, and what was recorded replays")
    void fullDisk() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=192k", "tmpfs", disk.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(mount.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeThat(mount.waitFor())
                .as("a small tmpfs cannot be mounted here: " + said)
                .isZero();
        try {
            Files.write(disk.resolve("filler"), new byte[96 << 10]);
            CommandLineRun run = CommandLineRun.of("record", program, "-o", disk.resolve("full.tape"));
            refused(run);
            Files.write(disk.resolve("more"), new byte[64 << 10]);
            refused(CommandLineRun.of("asm", program, "-o", disk.resolve("sub").resolve("x.bc")));
        } finally {
            new ProcessBuilder("umount", disk.toString()).start().waitFor();
        }
        assertThat(CommandLineRun.of("replay", recording).exitCode()).isZero();
    }
}
