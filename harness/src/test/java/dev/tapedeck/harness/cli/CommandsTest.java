package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tapedeck.harness.text.Words;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each command does what it says: results on standard output, messages on standard error, exit codes, JSON. */
class CommandsTest {
    private static final String ECHO = """
            .program "echo"
            .memory 1 1
            .const BUFFER = 1024
            .func main()
              .local length: i32
            again:
              i32.const BUFFER
              i32.const 16
              call_host tape.input
              local.tee length
              br_unless done
              i32.const BUFFER
              local.get length
              call_host tape.output
              br again
            done:
              return
            .end
            .func add(a: i32, b: i64, c: f64) -> (i64, f64)
              local.get b
              local.get a
              i64.extend_i32_s
              i64.add
              local.get c
              return
            .end
            .func exit(code: i32)
              local.get code
              halt
            .end
            .func divide(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.div_s
              return
            .end
            .func caller() -> i32
              i32.const 7
              i32.const 0
              call divide
              return
            .end
            .func forever()
            again:
              br again
            .end
            .entry main
            """;

    private static final String COUNT = """
            .program "count"
            .global total: mut i32 = 0
            .func on_tick(signal: i32, payload: i64)
              interrupt.return
            .end
            .func main() -> i32
              .local i: i32
              i32.const 3
              interrupt.handle on_tick
            again:
              global.get total
              local.get i
              i32.add
              global.set total
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 100
              i32.lt_s
              br_if again
              global.get total
              return
            .end
            .entry main
            """;

    @TempDir
    Path folder;

    private Path echo;
    private Path count;

    @BeforeEach
    void programs() throws IOException {
        echo = Files.writeString(folder.resolve("echo.tasm"), ECHO);
        count = Files.writeString(folder.resolve("count.tasm"), COUNT);
    }

    private Path record(Path program, String name, Object... options) {
        Path recording = folder.resolve(name);
        Object[] arguments = Stream.concat(Stream.of("record", program, "-o", recording), Stream.of(options))
                .toArray();
        CommandLineRun run = CommandLineRun.of(arguments);
        assertThat(recording).as(run.err()).isDirectory();
        return recording;
    }

    @Test
    void asmAndDisRoundTrip() {
        Path bc = folder.resolve("echo.bc");
        CommandLineRun asm = CommandLineRun.of("asm", echo, "-o", bc);
        assertThat(asm.exitCode()).as(asm.err()).isZero();
        assertThat(asm.out()).isEmpty();
        assertThat(asm.err()).contains("wrote").contains("echo.bc");

        CommandLineRun dis = CommandLineRun.of("dis", bc);
        assertThat(dis.exitCode()).isZero();
        assertThat(dis.out()).contains(".func divide(a: i32, b: i32) -> i32").contains("i32.div_s");

        Path text = folder.resolve("again.tasm");
        assertThat(CommandLineRun.of("dis", bc, "-o", text).exitCode()).isZero();
        assertThat(text).content(StandardCharsets.UTF_8).isEqualTo(dis.out());
        assertThat(CommandLineRun.of("diff", bc, text).exitCode()).isZero();
    }

    @Test
    @DisplayName("commands that write files say with --json what they wrote")
    void writtenFilesAsJson() throws IOException {
        Path bc = folder.resolve("echo.bc");
        JsonNode asm = CommandLineRun.of("asm", echo, "-o", bc, "--json").json();
        assertThat(asm.get("schema").asInt()).isEqualTo(1);
        assertThat(asm.get("program").asText()).isEqualTo("echo");
        assertThat(asm.get("output").asText()).isEqualTo(bc.toString());
        assertThat(asm.get("bytes").asLong()).isEqualTo(Files.size(bc));

        JsonNode dis = CommandLineRun.of("dis", bc, "--json").json();
        assertThat(dis.get("output").isNull()).isTrue();
        assertThat(dis.get("text").asText())
                .isEqualTo(CommandLineRun.of("dis", bc).out());
        Path text = folder.resolve("again.tasm");
        assertThat(CommandLineRun.of("dis", bc, "--json", "-o", text)
                        .json()
                        .get("output")
                        .asText())
                .isEqualTo(text.toString());
        assertThat(text).hasContent(dis.get("text").asText());

        Path tape = folder.resolve("echo.tape");
        assertThat(CommandLineRun.of("record", echo, "-o", tape).exitCode()).isZero();
        Path packed = folder.resolve("echo.rec");
        JsonNode pack = CommandLineRun.of("pack", tape, "-o", packed, "--json").json();
        assertThat(pack.get("output").asText()).isEqualTo(packed.toString());
        assertThat(pack.get("bytes").asLong()).isEqualTo(Files.size(packed));
        Path unpacked = folder.resolve("unpacked.tape");
        JsonNode unpack =
                CommandLineRun.of("unpack", packed, "-o", unpacked, "--json").json();
        assertThat(unpack.get("output").asText()).isEqualTo(unpacked.toString());

        CommandLineRun report =
                CommandLineRun.of("report", tape, "--against", packed, "-o", folder.resolve("report"), "--json");
        assertThat(report.exitCode()).as(report.err()).isZero();
        assertThat(folder.resolve("report/report.json")).hasContent(report.out());
        assertThat(report.json().get("bisection").get("diverged").asBoolean()).isFalse();
    }

    @Test
    void asmSaysWhereTheTextIsWrongAndWritesNothing() throws IOException {
        Path wrong = Files.writeString(folder.resolve("wrong.tasm"), ".func main()\n  i32.constt 1\n.end\n");
        Path bc = Files.writeString(folder.resolve("old.bc"), "old");
        CommandLineRun run = CommandLineRun.of("asm", wrong, "-o", bc);
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("tapedeck: wrong.tasm:2:3: ").doesNotContain("\tat ");
        assertThat(bc).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**.unfinished");
    }

    @Test
    void verify() {
        CommandLineRun run = CommandLineRun.of("verify", echo);
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("echo.tasm is valid: 6 functions");
        JsonNode json = CommandLineRun.of("verify", echo, "--json").json();
        assertThat(json.get("schema").asInt()).isEqualTo(1);
        assertThat(json.get("valid").asBoolean()).isTrue();
        assertThat(json.get("functions").asInt()).isEqualTo(6);
    }

    @Test
    void verifyRefusesWithJsonToo() throws IOException {
        Path wrong = Files.writeString(folder.resolve("wrong.tasm"), ".func main()\n  i32.add\n  return\n.end\n");
        CommandLineRun run = CommandLineRun.of("verify", wrong, "--json");
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.json().get("valid").asBoolean()).isFalse();
        assertThat(run.json().get("problem").asText()).contains("wrong.tasm").contains("i32.add");
    }

    @Test
    void runPassesInputAndOutputThroughByteByByte() {
        StringBuilder bytes = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            bytes.append((char) (i & 0xff));
        }
        CommandLineRun run = CommandLineRun.withInput(bytes.toString(), "run", echo);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outBytes()).isEqualTo(bytes.toString().getBytes(StandardCharsets.ISO_8859_1));
        assertThat(run.err()).isEmpty();
    }

    @Test
    void runReadsAFile() throws IOException {
        Path input = Files.writeString(folder.resolve("input.txt"), "from a file");
        assertThat(CommandLineRun.withInput("not this", "run", echo, "--input", input)
                        .out())
                .isEqualTo("from a file");
    }

    @Test
    void runPrintsResultsOfAFunction() {
        CommandLineRun run =
                CommandLineRun.of("run", echo, "--function", "add", "--", "-1", "0x7fff_ffff_ffff_ffff", "-1.5");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo("9223372036854775806\n-1.5\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 42, 65, 70, 255, -1})
    @DisplayName("the program's own exit code passes through, even where it looks like one of the command's")
    void exitCodePassesThrough(int code) {
        CommandLineRun run = CommandLineRun.of("run", echo, "--function", "exit", "--", code);
        assertThat(run.exitCode()).isEqualTo(code);
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "record"})
    @DisplayName("S12: a fault is exit code 1, with kind, values, place and call stack on standard error")
    void faultIsExplained(String command) {
        Object[] arguments = command.equals("run")
                ? new Object[] {"run", echo, "--function", "caller"}
                : new Object[] {"record", echo, "-q", "-o", folder.resolve("rec"), "--function", "caller"};
        CommandLineRun run = CommandLineRun.of(arguments);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines().toList())
                .hasSize(6)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("fault division_by_zero: "),
                        line -> assertThat(line).isEqualTo("  7 / 0"),
                        line -> assertThat(line).isEqualTo("  at divide+2 (echo.tasm:34): i32.div_s"),
                        line -> assertThat(line).startsWith("  after 5 instructions; sp "),
                        line -> assertThat(line).isEqualTo("  called from"),
                        line -> assertThat(line).isEqualTo("    caller+2 (echo.tasm:40)"));
    }

    @Test
    @DisplayName("S13: the limit stops a run, says so, and is exit code 1")
    void limit() {
        CommandLineRun run = CommandLineRun.of("run", echo, "--function", "forever", "--limit", "1_000");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("stopped by the limit of 1,000 instructions");
    }

    @Test
    void runAsJson() {
        CommandLineRun run = CommandLineRun.withInput("hello", "run", echo, "--json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.json().get("outcome").asText()).isEqualTo("returned");
        assertThat(run.json().get("output").asText()).isEqualTo("hello");
        JsonNode fault = CommandLineRun.of("run", echo, "--json", "--function", "caller")
                .json()
                .get("fault");
        assertThat(fault.get("kind").asText()).isEqualTo("division_by_zero");
        assertThat(fault.at("/at/function").asText()).isEqualTo("divide");
        assertThat(fault.at("/at/line").asInt()).isEqualTo(34);
        assertThat(fault.get("frames").size()).isEqualTo(2);
    }

    @Test
    void recordIsLikeRunAndLeavesARecording() {
        Path recording = folder.resolve("echo.tape");
        CommandLineRun run = CommandLineRun.withInput("hello", "record", echo, "-o", recording);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo("hello");
        assertThat(run.err()).contains("recorded 15 instructions in ");
        CommandLineRun replay = CommandLineRun.of("replay", recording);
        assertThat(replay.exitCode()).as(replay.err()).isZero();
        assertThat(replay.out()).isEqualTo("verified 15 instructions\n");
        JsonNode json = CommandLineRun.of("replay", recording, "--json").json();
        assertThat(json.get("verified").asBoolean()).isTrue();
        assertThat(json.get("instructions").asLong()).isEqualTo(15);
    }

    @Test
    void recordNeverHarmsWhatIsThere() throws IOException {
        Path recording = record(count, "count.tape");
        byte[] before = Files.readAllBytes(onlyQueue(recording));
        CommandLineRun again = CommandLineRun.of("record", count, "-o", recording);
        assertThat(again.exitCode()).isEqualTo(65);
        assertThat(again.err()).hasLineCount(1).contains("count.tape");
        assertThat(Files.readAllBytes(onlyQueue(recording))).isEqualTo(before);
    }

    private static Path onlyQueue(Path recording) throws IOException {
        try (Stream<Path> files = Files.list(recording)) {
            return files.filter(file -> file.toString().endsWith(".cq4"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    @DisplayName("S14: stats --profile counts every executed instruction, as a table and as JSON")
    void profile() {
        Path recording = record(count, "count.tape", "--block", "256");
        JsonNode json =
                CommandLineRun.of("stats", recording, "--profile", "--json").json();
        long sum = 0;
        long before = Long.MAX_VALUE;
        for (JsonNode row : json.get("profile")) {
            assertThat(row.get("count").asLong()).isBetween(1L, before);
            before = row.get("count").asLong();
            sum += before;
        }
        assertThat(sum).isEqualTo(json.get("instructions").asLong());
        assertThat(CommandLineRun.of("stats", recording, "--json").json().has("profile"))
                .isFalse();
        assertThat(CommandLineRun.of("stats", recording, "--profile").out())
                .containsPattern("local\\.get +[0-9,]+ +[0-9.]+ %\n")
                .containsPattern("\nreturn +1 +0\\.[0-9] %\n");
    }

    @Test
    @DisplayName("design §7: the keys of stats that tools rely on")
    void stats() {
        Path recording = record(count, "count.tape", "--interrupt", "100:3:42:every=200:count=3", "--block", "256");
        JsonNode json = CommandLineRun.of("stats", recording, "--json").json();
        assertThat(json.get("schema").asInt()).isEqualTo(1);
        assertThat(json.get("instructions").asLong()).isGreaterThan(1_000);
        assertThat(json.get("interrupts").asInt()).isEqualTo(3);
        assertThat(json.get("hostCalls").asInt()).isZero();
        assertThat(json.get("checkpoints").asInt()).isEqualTo(1);
        assertThat(json.get("logBytes").asLong()).isPositive();
        assertThat(json.get("packedBytes").isNull()).isTrue();
        assertThat(json.get("bitsPerInstruction").asDouble())
                .isEqualTo(8.0
                        * json.get("logBytes").asLong()
                        / json.get("instructions").asLong());
        assertThat(CommandLineRun.of("stats", recording).out())
                .contains("interrupts    3\n")
                .contains("outcome       returned 4950\n");
    }

    @Test
    @DisplayName("signals of the real clock are recorded, and come at the same places in a replay")
    void timers() throws IOException {
        Path program = Files.writeString(folder.resolve("ticks.tasm"), """
                .global ticks: mut i64 = 0
                .func on_tick(signal: i32, payload: i64)
                  local.get payload
                  global.set ticks
                  interrupt.return
                .end
                .func main() -> i64
                  i32.const 5
                  interrupt.handle on_tick
                again:
                  global.get ticks
                  i64.const 3
                  i64.lt_s
                  br_if again
                  global.get ticks
                  return
                .end
                .entry main
                """);
        Path recording = record(program, "ticks.tape", "--timer", "1:5");
        JsonNode json = CommandLineRun.of("stats", recording, "--json").json();
        assertThat(json.get("interrupts").asInt()).isGreaterThanOrEqualTo(3);
        assertThat(CommandLineRun.of("replay", recording, "--json")
                        .json()
                        .get("verified")
                        .asBoolean())
                .isTrue();
    }

    @Test
    @DisplayName("record --verify replays at once and says so")
    void recordAndVerify() {
        CommandLineRun verified =
                CommandLineRun.of("record", count, "-o", folder.resolve("v.tape"), "--verify", "--block", "64");
        assertThat(verified.exitCode()).isZero();
        assertThat(verified.err()).contains("recorded and verified ");
        CommandLineRun json =
                CommandLineRun.of("record", count, "-o", folder.resolve("w.tape"), "--verify", "--json", "--quiet");
        assertThat(json.json().get("verified").asBoolean()).isTrue();
    }

    @Test
    @DisplayName("checkpoints by real time stand at the ends of blocks")
    void checkpointsByTime() throws IOException {
        Path program = Files.writeString(folder.resolve("long.tasm"), """
                .func main()
                  .local i: i32
                  i32.const 5_000_000
                  local.set i
                again:
                  local.get i
                  i32.const 1
                  i32.sub
                  local.tee i
                  br_if again
                  return
                .end
                .entry main
                """);
        Path recording = record(program, "long.tape", "--block", "16384", "--checkpoint-every", "1ms", "--verify");
        assertThat(CommandLineRun.of("stats", recording, "--json")
                        .json()
                        .get("checkpoints")
                        .asInt())
                .isGreaterThan(1);
    }

    @Test
    void checkpointsFollowTheBlocks() {
        Path recording = record(count, "count.tape", "--block", "64", "--checkpoint-every", "128");
        assertThat(CommandLineRun.of("stats", recording, "--json")
                        .json()
                        .get("checkpoints")
                        .asInt())
                .isEqualTo(9);
    }

    @Test
    @DisplayName("K7, S14: log lists each executed instruction with its place, interrupts, and the end")
    void logListsInstructionsInterruptsAndTheEnd() {
        Path recording = record(count, "count.tape", "--interrupt", "5:3:42");
        CommandLineRun log = CommandLineRun.of("log", recording);
        assertThat(log.exitCode()).as(log.err()).isZero();
        long instructions = CommandLineRun.of("stats", recording, "--json")
                .json()
                .get("instructions")
                .asLong();
        assertThat(log.out().lines().filter(line -> !line.contains(" -- "))).hasSize((int) instructions);
        assertThat(log.out())
                .contains("-- checkpoint, state ")
                .contains("     5  -- interrupt 3 arrives, payload 42\n")
                .contains("     5  -- interrupt 3 goes to on_tick\n")
                .contains("     5  interrupt.return                on_tick+0               count.tasm:4\n")
                .contains("-- end: ");
    }

    @Test
    void logOfAPart() {
        Path recording = record(count, "count.tape");
        assertThat(CommandLineRun.of("log", recording, "--from", 11, "--count", 2)
                        .out())
                .isEqualTo("""
                            11  i32.lt_s                        main+11                 count.tasm:20
                            12  br_if #2                        main+12                 count.tasm:21
                        """);
        JsonNode entries = CommandLineRun.of("log", recording, "--from", 11, "--count", 2, "--json")
                .json()
                .get("entries");
        assertThat(entries.size()).isEqualTo(2);
        assertThat(entries.get(0).get("kind").asText()).isEqualTo("instruction");
        assertThat(entries.get(0).at("/at/text").asText()).isEqualTo("i32.lt_s");
    }

    @Test
    void logShowsHostCalls() {
        Path recording = folder.resolve("echo.tape");
        CommandLineRun.withInput("hi", "record", echo, "-o", recording);
        assertThat(CommandLineRun.of("log", recording).out())
                .contains("-- tape.input(1024, 16) -> 2, wrote 2 bytes at 0x400\n")
                .contains("-- tape.output(1024, 2)\n");
    }

    @Test
    @DisplayName("S14: state shows registers, frames and locals at any instruction, as text and as JSON (design §7)")
    void state() {
        Path recording = record(count, "count.tape");
        JsonNode json =
                CommandLineRun.of("state", recording, "--at", 13, "--json").json();
        assertThat(json.get("icount").asLong()).isEqualTo(13);
        assertThat(json.at("/ip/function").asText()).isEqualTo("main");
        assertThat(json.at("/ip/offset").asInt()).isEqualTo(2);
        assertThat(json.at("/ip/line").asInt()).isEqualTo(11);
        assertThat(json.get("sp").isInt()).isTrue();
        assertThat(json.get("bp").isInt()).isTrue();
        assertThat(json.get("hp").isNumber()).isTrue();
        assertThat(json.get("stateDigest").asText()).hasSize(16);
        assertThat(json.get("frames").size()).isEqualTo(1);
        assertThat(json.at("/frames/0/locals/0/name").asText()).isEqualTo("i");
        assertThat(json.at("/frames/0/locals/0/value").asText()).isEqualTo("1");
        assertThat(CommandLineRun.of("state", recording, "--at", 13).out())
                .contains("icount        13\n")
                .contains("  i                    1\n")
                .contains("  total                0\n");
    }

    @Test
    @DisplayName(
            "W8: faults, log, state and dis name the file that each instruction comes from, not only its function's")
    void severalSourceFiles() throws IOException {
        Path program = folder.resolve("files.tasm");
        Files.writeString(program, """
                .source "main.c"
                .source "list.h"
                .func main()
                  i32.const 1            @3
                  drop                   @"list.h":70
                  unreachable            @71
                .end
                .entry main
                """);
        Path compiled = folder.resolve("files.bc");
        assertThat(CommandLineRun.of("asm", program, "-o", compiled).exitCode()).isZero();
        assertThat(CommandLineRun.of("dis", compiled).out())
                .contains("@\"list.h\":70\n")
                .contains(" @71\n");
        assertThat(CommandLineRun.of("run", compiled).err()).contains("at main+2 (list.h:71)");
        Path recording = folder.resolve("files.tape");
        CommandLineRun.of("record", compiled, "-o", recording);
        assertThat(CommandLineRun.of("log", recording).out())
                .contains(" main.c:3\n")
                .contains(" list.h:70\n");
        JsonNode state =
                CommandLineRun.of("state", recording, "--at", 1, "--json").json();
        for (String place : new String[] {"/ip", "/frames/0"}) {
            assertThat(state.at(place + "/source").asText()).isEqualTo("list.h");
            assertThat(state.at(place + "/line").asInt()).isEqualTo(70);
        }
    }

    @Test
    void stateShowsMemory() {
        Path recording = folder.resolve("echo.tape");
        CommandLineRun.withInput("hello", "record", echo, "-o", recording);
        CommandLineRun state = CommandLineRun.of("state", recording, "--at", 5, "--memory", "1024:5");
        assertThat(state.exitCode()).as(state.err()).isZero();
        assertThat(state.out())
                .contains("0x00000400")
                .contains("68 65 6c 6c 6f")
                .contains("hello");
        assertThat(CommandLineRun.of("state", recording, "--at", 5, "--memory", "65535:2")
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void bisectOfTheSame() {
        Path a = record(count, "a");
        Path b = record(count, "b");
        CommandLineRun run = CommandLineRun.of("bisect", a, b);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("SAME");
        assertThat(CommandLineRun.of("bisect", a, b, "--json")
                        .json()
                        .get("diverged")
                        .asBoolean())
                .isFalse();
        assertThat(CommandLineRun.of("diff", a, b).exitCode()).isZero();
    }

    @Test
    @DisplayName("bisect --when answers for one recording: the first time, the last, every time, or never")
    void bisectWhen() {
        Path a = record(count, "a");
        CommandLineRun first = CommandLineRun.of("bisect", a, "--when", "global.total >= 10");
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out())
                .startsWith("true for the first time at instruction count ")
                .contains("global.set total", "values  global.total = ", "looked at", "one after the other");
        JsonNode json = CommandLineRun.of("bisect", a, "--when", "global.total >= 10", "--json")
                .json();
        assertThat(json.get("method").asText()).isEqualTo("scan");
        JsonNode occurrence = json.get("occurrences").get(0);
        assertThat(occurrence.get("after").get("text").asText()).isEqualTo("global.set total");
        assertThat(Long.parseLong(occurrence.get("values").get(0).get("value").asText()))
                .isGreaterThanOrEqualTo(10);

        CommandLineRun every = CommandLineRun.of("bisect", a, "--every", "--when", "changed(global.total)");
        assertThat(every.out().lines().count()).isGreaterThan(2);
        assertThat(every.out()).contains(" times; looked at ");
        CommandLineRun last = CommandLineRun.of("bisect", a, "--last", "--when", "icount >= 3");
        assertThat(last.out()).startsWith("true for the last time at instruction count 3\n");
        assertThat(CommandLineRun.of("bisect", a, "--when", "icount >= 3").out())
                .contains("by binary search");
        CommandLineRun never = CommandLineRun.of("bisect", a, "--when", "fault");
        assertThat(never.exitCode()).isEqualTo(1);
        assertThat(never.out()).startsWith("never true\n");
    }

    @Test
    void bisectWhenWithOptionsThatDoNotGoTogether() {
        Path a = record(count, "a");
        assertThat(CommandLineRun.of("bisect", a).err()).contains("bisect needs two recordings, or one and --when");
        assertThat(CommandLineRun.of("bisect", a, a, "--when", "fault").err()).contains("there are two");
        assertThat(CommandLineRun.of("bisect", a, a, "--last").err()).contains("go with --when");
        assertThat(CommandLineRun.of("bisect", a, "--when", "fault", "--last", "--every")
                        .err())
                .contains("--last does not go with --every");
        assertThat(CommandLineRun.of("bisect", a, "--when", "changed(icount)", "--monotone")
                        .err())
                .contains("--monotone does not go with enter, leave and changed");
        CommandLineRun wrong = CommandLineRun.of("bisect", a, "--when", "global.nothing > 1");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("--when: the program has no global 'nothing'");
    }

    @Test
    @DisplayName("issue 5.4: slice tells how a value came about, as text and as JSON")
    void slice() {
        Path a = record(count, "a");
        CommandLineRun run = CommandLineRun.of("slice", a, "--at", 505, "global.total");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .startsWith("How it came about\n  global 'total' is ")
                .contains(
                        "i32.add: ",
                        "more times in main+4",
                        "(global 'total' starts as 0)",
                        "by way of global.set total");
        JsonNode json = CommandLineRun.of("slice", a, "--at", 505, "global.total", "--json")
                .json();
        assertThat(json.get("icount").asLong()).isEqualTo(505);
        assertThat(json.get("complete").asBoolean()).isTrue();
        JsonNode step = json.get("steps").get(0);
        assertThat(step.get("kind").asText()).isEqualTo("computed");
        assertThat(step.get("role").asText()).isEqualTo("value");
        assertThat(step.at("/at/text").asText()).isEqualTo("i32.add");
        assertThat(step.get("operands").size()).isEqualTo(2);
        assertThat(step.get("repeats").asLong()).isPositive();
        assertThat(CommandLineRun.of("slice", a, "--at", 8, "--way").exitCode()).isEqualTo(1);
        assertThat(CommandLineRun.of("slice", a, "--at", 20, "local.i").out()).contains("local 'i' of main is 1");
        assertThat(CommandLineRun.of("slice", a, "--at", 20, "--back", 10, "global.total")
                        .out())
                .contains("the last 10 instructions were looked at; it goes on further back");

        CommandLineRun nothing = CommandLineRun.of("slice", a);
        assertThat(nothing.exitCode()).isEqualTo(1);
        assertThat(nothing.err())
                .contains("there is nothing to explain at instruction count ", "; name a PLACE, such as global.NAME");
        CommandLineRun wrong = CommandLineRun.of("slice", a, "--at", 20, "icount");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("'icount' is no place; places are local.NAME");
        assertThat(CommandLineRun.of("slice", a, "--at", 20, "operand.77").err())
                .contains("there is no operand.77 at instruction count 20: there is one operand, operand.0");
        assertThat(CommandLineRun.of("slice", a, "--at", 99_999, "global.total").err())
                .contains("--at is 99999, expected 0 to ");
        assertThat(CommandLineRun.of("slice", a, "--at", 20, "--way", "global.total")
                        .err())
                .contains("--way explains how the run came to an instruction");
    }

    @Test
    @DisplayName("issue 5.6: without a place, slice explains how a run ended")
    void sliceOfTheEnd() {
        Path fault = folder.resolve("fault");
        CommandLineRun.of("record", echo, "--function", "divide", "-o", fault, "--", 7, 0);
        assertThat(CommandLineRun.of("slice", fault).out())
                .contains("operand.0 of i32.div_s in divide+2", "(argument 'b' of divide): 0");
        Path exit = folder.resolve("exit");
        CommandLineRun.of("record", echo, "--function", "exit", "-o", exit, "--", 3);
        assertThat(CommandLineRun.of("slice", exit).out())
                .contains("the operand of halt in exit+1", "(argument 'code' of exit): 3");
        Path output = folder.resolve("out");
        assertThat(CommandLineRun.of("report", exit, "-o", output).exitCode()).isEqualTo(1);
        assertThat(output.resolve("report.md"))
                .content(StandardCharsets.UTF_8)
                .contains("## How it came about", "(argument 'code' of exit): 3");
    }

    @Test
    @DisplayName("diff names bytes of memory that stand one behind the other as one range")
    void diffOfBytes() throws IOException {
        Path program = Files.writeString(folder.resolve("bytes.tasm"), """
                .memory 1
                .func main()
                  nop
                  nop
                  nop
                  nop
                  nop
                  return
                .end
                .entry main
                """);
        Path a = record(program, "a");
        Path b = record(
                program,
                "b",
                "--inject",
                "1:memory.5000:0x41",
                "--inject",
                "2:memory.5001:0x42",
                "--inject",
                "3:memory.5003:0x43");
        assertThat(CommandLineRun.of("diff", a, b).out())
                .contains("* memory 0x1388..0x1389")
                .contains("00 00  ->  41 42 \"AB\"\n")
                .contains("* memory 0x138b ")
                .doesNotContain("memory 0x1389 ");
    }

    @Test
    @DisplayName("a planted fault is found at its instruction, in every format")
    void bisectOfAPlantedFault() {
        Path a = record(count, "a");
        Path b = record(count, "b", "--inject", "505:global.total:0x10");
        Path html = folder.resolve("report.html");
        Path markdown = folder.resolve("report.md");
        CommandLineRun run = CommandLineRun.of("bisect", a, b, "--html", html, "--md", markdown);
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).startsWith("DIVERGED").contains("global 'total'");
        assertThat(html).content(StandardCharsets.UTF_8).contains("global &#39;total&#39;");
        assertThat(markdown).content(StandardCharsets.UTF_8).contains("global 'total'");

        CommandLineRun json = CommandLineRun.of("bisect", a, b, "--json");
        assertThat(json.exitCode()).isEqualTo(1);
        assertThat(json.json().get("diverged").asBoolean()).isTrue();
        assertThat(json.json().get("instruction").asLong()).isEqualTo(505);

        CommandLineRun diff = CommandLineRun.of("diff", a, b);
        assertThat(diff.exitCode()).isEqualTo(1);
        assertThat(diff.out()).contains("* global 'total'").contains("4950");
        assertThat(CommandLineRun.of("diff", a, b, "--json").json().get("same").asBoolean())
                .isFalse();
    }

    @Test
    void reportFiles() throws IOException {
        Path a = record(count, "a");
        Path changed = Files.createDirectories(folder.resolve("changed")).resolve("count.tasm");
        Files.writeString(changed, COUNT.replace("i32.lt_s", "i32.le_s"));
        Path b = folder.resolve("changed").resolve("b");
        assertThat(CommandLineRun.of("record", changed, "-o", b).exitCode()).isZero();
        Path output = folder.resolve("out");
        CommandLineRun run = CommandLineRun.of("report", b, "--against", a, "-o", output);
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(output.resolve("report.html")).isNotEmptyFile();
        assertThat(output.resolve("report.json")).isNotEmptyFile();
        assertThat(output.resolve("report.md"))
                .content(StandardCharsets.UTF_8)
                .contains(">    20    i32.le_s")
                .contains("First divergent instruction");
    }

    @Test
    @DisplayName("an excerpt never shows another version's text")
    void excerptsFitTheProgram() throws IOException {
        Path a = record(count, "a");
        Path b = record(count, "b", "--inject", "505:global.total:0x10");
        Files.writeString(count, COUNT.replace(".program", "\n\n.program"));
        assertThat(CommandLineRun.of("report", b, "--against", a, "-o", folder.resolve("out"))
                        .exitCode())
                .isEqualTo(1);
        assertThat(folder.resolve("out").resolve("report.json"))
                .content(StandardCharsets.UTF_8)
                .doesNotContain("\"source\" : \"count.tasm\",\n      \"lines\"")
                .doesNotContain("\"text\": \"  i32.const 100\"");
    }

    @Test
    void reportOfOneRun() {
        Path failed = record(echo, "failed", "--function", "caller");
        Path output = folder.resolve("out");
        assertThat(CommandLineRun.of("report", failed, "-o", output).exitCode()).isEqualTo(1);
        assertThat(output.resolve("report.md"))
                .content(StandardCharsets.UTF_8)
                .contains("division_by_zero")
                .contains("> 5  i32.div_s");
        Path fine = record(count, "fine");
        assertThat(CommandLineRun.of("report", fine, "-o", output).exitCode()).isZero();
    }

    @Test
    void packedRecordingsWorkEverywhere() throws IOException {
        Path recording = record(count, "count.tape");
        Path packed = folder.resolve("count.rec");
        assertThat(CommandLineRun.of("pack", recording, "-o", packed).exitCode())
                .isZero();
        for (String command : new String[] {"stats", "log", "replay"}) {
            CommandLineRun run = CommandLineRun.of(command, packed);
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out().replaceFirst("(?m)^packed .*\n", ""))
                    .isEqualTo(CommandLineRun.of(command, recording).out());
        }
        assertThat(CommandLineRun.of("stats", packed).out())
                .containsPattern("(?m)^packed +" + Words.count(Files.size(packed)) + " bytes$");
        assertThat(CommandLineRun.of("bisect", recording, packed).exitCode()).isZero();
        Path unpacked = folder.resolve("unpacked");
        assertThat(CommandLineRun.of("unpack", packed, "-o", unpacked).exitCode())
                .isZero();
        assertThat(CommandLineRun.of("stats", unpacked).out())
                .isEqualTo(CommandLineRun.of("stats", recording).out());
    }

    @Test
    void diffOfPrograms() throws IOException {
        Path changed = Files.writeString(
                folder.resolve("changed.tasm"),
                COUNT.replace("i32.lt_s", "i32.le_s").replace("on_tick", "on_timer") + ".func new()\n  return\n.end\n");
        CommandLineRun run = CommandLineRun.of("diff", count, changed);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("changed  main\n")
                .contains("renamed  on_tick  is now on_timer\n")
                .contains("added    new  1 instruction\n")
                .contains("-  i32.lt_s\n+  i32.le_s\n");
        JsonNode json = CommandLineRun.of("diff", count, changed, "--json").json();
        assertThat(json.get("same").asBoolean()).isFalse();
        assertThat(json.get("functions").size()).isEqualTo(3);
        assertThat(CommandLineRun.of("diff", count, count).out()).startsWith("the programs do the same");
    }

    @Test
    @DisplayName("diff says which bytes, globals and pages differ, not only that some do")
    void diffOfWhatIsNotCode() throws IOException {
        String text = """
                .memory 1 %s
                .global limit: i32 = %s
                %s
                .data first = "%s"
                .data table = i8 1 2 %s 4 %s
                .func main()
                  return
                .end
                """;
        Path before = Files.writeString(
                folder.resolve("before.tasm"), String.format(text, "1", "5", ".global old: i64", "short", "3", "5"));
        Path after = Files.writeString(
                folder.resolve("after.tasm"),
                String.format(text, "2", "-6", ".global new: mut i64", "longer than it was", "0xff", "6"));
        assertThat(CommandLineRun.of("diff", before, after).out()).isEqualTo("""
                the memory differs: 1 page of at most 1, now 1 page of at most 2
                global 'old' was removed
                global 'new' was added
                global 'limit' starts with another value: 5, now -6
                data 'first' has another length: 5 bytes, now 18; differs from byte 0 on
                data 'table' differs in byte 2, at 0x40a: 0x03, now 0xff; and in 1 more
                """);
        Path moved = Files.writeString(
                folder.resolve("moved.tasm"),
                String.format(text, "1", "5", ".global old: i64", "short\"\n.data second = \"x", "3", "5"));
        assertThat(CommandLineRun.of("diff", before, moved).out())
                .isEqualTo("data 'second' was added\n1 data segment moved to another address\n");
    }

    @Test
    @DisplayName("the demo goes the whole path, and goes it again over its own results")
    void demo() {
        Path out = folder.resolve("demo");
        for (int i = 0; i < 2; i++) {
            CommandLineRun run = CommandLineRun.of("demo", "--out", out);
            assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
            assertThat(run.out())
                    .contains("primes.tasm")
                    .contains("3,721,517")
                    .contains("- i32.gt_s")
                    .contains("+ i32.gt_u")
                    .contains("DIVERGED  at instruction ")
                    .contains("insert+11 (sort.tasm:41)");
            assertThat(out.resolve("report.html"))
                    .content(StandardCharsets.UTF_8)
                    .contains("i32.gt_s")
                    .contains("i32.gt_u");
        }
    }

    @Test
    void demoReportsFailures() throws IOException {
        Path programs = Files.createDirectories(folder.resolve("programs"));
        Files.writeString(
                programs.resolve("bad.tasm"), ECHO + ".test \"of nothing\"\n.expect output \"something\"\n.end\n");
        Files.writeString(programs.resolve("broken.tasm"), "no assembly");
        Files.writeString(programs.resolve("good.tasm"), COUNT);
        Path out = folder.resolve("demo");
        CommandLineRun run = CommandLineRun.of("demo", "--programs", programs, "--out", out);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .containsPattern("bad.tasm +1 failed")
                .containsPattern("broken.tasm +1 error")
                .containsPattern("good.tasm +1 passed")
                .containsPattern("recordings.*report.html");
    }

    @Test
    void demoLeavesOtherFoldersAlone() throws IOException {
        Path precious = Files.writeString(folder.resolve("precious.txt"), "mine");
        CommandLineRun run = CommandLineRun.of("demo", "--out", folder);
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.err()).contains("--out");
        assertThat(precious).hasContent("mine");
    }

    @Test
    void bench() {
        CommandLineRun run = CommandLineRun.of("bench", count, "--rounds", 1, "--warm-up", 0, "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode figures = run.json().get("programs").get(0);
        assertThat(figures.get("instructions").asLong()).isEqualTo(1_104);
        assertThat(figures.get("plainPerSecond").asDouble()).isPositive();
        assertThat(figures.get("recordedPerSecond").asDouble()).isPositive();
        assertThat(figures.get("bisectFound").asBoolean()).isTrue();
        // With so few instructions, noise is more than it, and may make it negative.
        assertThat(figures.get("checkpointShare").asDouble()).isLessThan(1.0);
        assertThat(figures.get("checkpointBitsPerInstruction").asDouble()).isZero();
        JsonNode values = CommandLineRun.of(
                        "bench", count, "--rounds", 1, "--warm-up", 0, "--detail", "values", "--json")
                .json()
                .get("programs")
                .get(0);
        assertThat(values.get("bitsPerInstruction").asDouble())
                .as("40 bytes for each instruction")
                .isGreaterThan(figures.get("bitsPerInstruction").asDouble() + 300);
        assertThat(CommandLineRun.of("bench", count, "--rounds", 1, "--warm-up", 0)
                        .out())
                .contains("count.tasm");
    }

    @Test
    @DisplayName("bench of a folder takes the tests with the tag, of the programs that have one")
    void benchFolder() throws IOException {
        Path programs = Files.createDirectories(folder.resolve("set/deeper")).getParent();
        Files.writeString(programs.resolve("untagged.tasm"), ".func main()\n  return\n.end\n.entry main\n");
        Files.writeString(programs.resolve("deeper/tagged.tasm"), """
                .func count(n: i32)
                again:
                  local.get n
                  i32.const 1
                  i32.sub
                  local.tee n
                  br_if again
                  return
                .end
                .test "long"
                  .run count 1000
                .end
                .test "short"
                  .tags benchmark
                  .run count 10
                .end
                .test "shorter"
                  .tags benchmark
                  .run count 5
                .end
                """);
        CommandLineRun run = CommandLineRun.of("bench", programs, "--rounds", 1, "--warm-up", 0, "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        JsonNode figures = run.json().get("programs");
        assertThat(figures).hasSize(1);
        assertThat(figures.get(0).get("name").asText()).isEqualTo("deeper/tagged.tasm");
        assertThat(figures.get(0).get("test").asText()).isEqualTo("short");
        assertThat(figures.get(0).get("instructions").asLong()).isEqualTo(51);

        CommandLineRun named = CommandLineRun.of(
                "bench", programs.resolve("deeper/tagged.tasm"), "--test", "long", "--rounds", 1, "--warm-up", 0);
        assertThat(named.out()).contains("tagged.tasm: long").contains("5,001");

        CommandLineRun none = CommandLineRun.of("bench", Files.createDirectory(folder.resolve("nothing")));
        assertThat(none.exitCode()).isEqualTo(65);
        assertThat(none.err()).contains("nothing has a test with the tag 'benchmark'");
    }

    @ParameterizedTest
    @CsvSource({
        "asm, Assembles", "dis, Disassembles", "verify, Checks", "run, Runs", "record, records every instruction",
        "replay, Replays", "log, Lists", "state, complete state", "stats, numbers", "bisect, first instruction",
        "diff, Compares", "pack, one small file", "unpack, Chronicle Queue", "report, report.html", "demo, whole path",
        "bench, Measures", "generate-completion, completion script", "review, Steps"
    })
    void everyCommandTeaches(String command, String words) {
        CommandLineRun help = CommandLineRun.of(command, "--help");
        assertThat(help.exitCode()).as(help.err()).isZero();
        assertThat(help.out())
                .contains(words)
                .contains("Example")
                .contains("Exit codes:")
                .contains("tapedeck " + command);
        assertThat(CommandLineRun.of("help", command).out()).isEqualTo(help.out());
        assertThat(CommandLineRun.of("--help").out()).containsPattern("(?m)^  " + command + " ");
    }

    @Test
    void topLevel() {
        CommandLineRun help = CommandLineRun.of("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.out()).contains("Find what went wrong").contains("tapedeck demo");
        CommandLineRun nothing = CommandLineRun.of();
        assertThat(nothing.exitCode()).isEqualTo(2);
        assertThat(nothing.out()).isEmpty();
        assertThat(nothing.err()).isEqualTo(help.out());
        assertThat(CommandLineRun.of("--version").out()).startsWith("tapedeck ");
        assertThat(CommandLineRun.of("generate-completion").out())
                .startsWith("#!")
                .contains("--checkpoint-every");
    }

    @Test
    void aReaderWhoHasSeenEnoughIsNoError() {
        Path a = record(count, "a");
        Path b = record(count, "b", "--inject", "505:global.total:0x10");
        assertThat(brokenPipe("log", a)).isEqualTo(new Piped(0, ""));
        assertThat(brokenPipe("bisect", a, b)).isEqualTo(new Piped(1, ""));
        assertThat(brokenPipe("--help")).isEqualTo(new Piped(0, ""));
    }

    @Test
    @DisplayName("a program that prints forever ends when nobody reads, quietly")
    void endlessOutput() throws IOException {
        Path endless = Files.writeString(
                folder.resolve("endless.tasm"),
                ".func main()\nagain:\n  i32.const 7\n  call_host tape.print_i32\n  br again\n.end\n.entry main\n");
        assertThat(brokenPipe("run", endless)).isEqualTo(new Piped(141, ""));
        Path recording = folder.resolve("endless.tape");
        assertThat(brokenPipe("record", endless, "-o", recording)).isEqualTo(new Piped(141, ""));
    }

    private record Piped(int exitCode, String err) {}

    private static Piped brokenPipe(Object... arguments) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = CommandLineRun.run("", new FailingStream("Broken pipe"), err, arguments);
        return new Piped(exitCode, err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aFullDiskBehindStandardOutputIsSaid() {
        Path recording = record(count, "a");
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = CommandLineRun.run("", new FailingStream("No space left on device"), err, "log", recording);
        assertThat(exitCode).isEqualTo(65);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("tapedeck: cannot write to standard output: No space left on device\n");
    }

    private static final class FailingStream extends OutputStream {
        private final String reason;

        FailingStream(String reason) {
            this.reason = reason;
        }

        @Override
        public void write(int b) throws IOException {
            throw new IOException(reason);
        }
    }

    /** Writes "hello" and a line feed: {@code _start} calls {@code tape.output}. */
    private static final String HELLO =
            "0061736d0100000001090260027f7f00600000020f010474617065066f7574707574000003020101"
                    + "0503010001071302066d656d6f72790200065f737461727400010a0a0108004110410610000b0b0c010041100b0668656c6c6f0a";

    private Path module(String name, String hex) throws IOException {
        return Files.write(folder.resolve(name), HexFormat.of().parseHex(hex));
    }

    @Test
    @DisplayName("K8: a .wasm runs as it is, and import makes a .bc of it")
    void imports() throws IOException {
        Path hello = module("hello.wasm", HELLO);
        assertThat(CommandLineRun.of("run", hello).out()).isEqualTo("hello\n");
        Path output = folder.resolve("hello.bc");
        CommandLineRun imported = CommandLineRun.of("import", hello, "-o", output);
        assertThat(imported.exitCode()).as(imported.err()).isZero();
        assertThat(CommandLineRun.of("run", output).out()).isEqualTo("hello\n");
        Path recording = record(hello, "hello.tape");
        assertThat(CommandLineRun.of("replay", recording).exitCode()).isZero();
    }

    @Test
    @DisplayName("K8: a .wat is a module as well, with names and lines; what is wrong with it is said with its place")
    void importsText() throws IOException {
        Path hello = folder.resolve("hello.wat");
        String text = """
                (module
                  (import "tape" "output" (func $output (param i32 i32)))
                  (memory 1)
                  (data (i32.const 16) "hello\\n")
                  (func $greet (export "_start")
                    (call $output
                      (i32.const 16)
                      (i32.const 6))))
                """;
        Files.writeString(hello, text);
        assertThat(CommandLineRun.of("run", hello).out()).isEqualTo("hello\n");
        Path output = folder.resolve("hello.bc");
        CommandLineRun imported = CommandLineRun.of("import", hello, "-o", output);
        assertThat(imported.exitCode()).as(imported.err()).isZero();
        assertThat(CommandLineRun.of("dis", output).out()).contains(".func greet()");
        Files.writeString(hello, text.replace("(i32.const 6)", "(i32.constant 6)"));
        CommandLineRun wrong = CommandLineRun.of("run", hello);
        assertThat(wrong.exitCode()).isEqualTo(65);
        assertThat(wrong.err()).contains("hello.wat:8:8: unknown operator 'i32.constant'");
        Files.writeString(hello, text.replace("(i32.const 6)", "(i64.const 6)"));
        assertThat(CommandLineRun.of("run", hello).err()).contains("hello.wat:6:5: invalid module: type mismatch");
    }

    @Test
    @DisplayName("K8: the tests beside a module come along with it")
    void importsTests() throws IOException {
        Path hello = module("hello.wasm", HELLO);
        Files.writeString(folder.resolve("hello.tests"), ".test \"greets\"\n.expect output \"hello\\n\"\n.end\n");
        Path output = folder.resolve("hello.bc");
        CommandLineRun.of("import", hello, "-o", output);
        assertThat(CommandLineRun.of("dis", output).out()).contains(".test \"greets\"");
        Files.writeString(folder.resolve("hello.tests"), ".func f()\nreturn\n.end\n");
        CommandLineRun wrong = CommandLineRun.of("import", hello, "-o", output);
        assertThat(wrong.exitCode()).isEqualTo(65);
        assertThat(wrong.err()).contains("hello.tests:1:1: '.func' cannot stand here");
    }

    @Test
    @DisplayName("W6: a module that is wrong or unsupported is refused in one line, and nothing is written")
    void refusesModules() throws IOException {
        Path simd = module("simd.wasm", "0061736d010000000105016000017b");
        Path output = folder.resolve("simd.bc");
        CommandLineRun refused = CommandLineRun.of("import", simd, "-o", output);
        assertThat(refused.exitCode()).isEqualTo(65);
        assertThat(refused.err()).contains("simd.wasm: unsupported module: SIMD (type v128) (at byte 0xe)");
        assertThat(output).doesNotExist();
        CommandLineRun text = CommandLineRun.of("import", echo, "-o", output);
        assertThat(text.exitCode()).isEqualTo(2);
        assertThat(text.err()).contains("the name of a module has to end in .wasm or .wat");
    }
}
