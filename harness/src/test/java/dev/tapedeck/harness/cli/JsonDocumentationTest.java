package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/json.md against what commands print. */
class JsonDocumentationTest {
    private static final Pattern CODE = Pattern.compile("`([A-Za-z0-9]+)`");

    private static final String PROGRAM = """
            .global total: mut i32 = 0
            .table operations = on_timer
            .func main() -> i32
              .local i: i32
              i32.const 3
              interrupt.handle on_timer
            again:
              local.get i
              global.get total
              i32.add
              global.set total
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const LIMIT
              i32.lt_s
              br_if again
              global.get total
              call_host tape.print_i32
              global.get total
              return
            .end
            .func on_timer(signal: i32, payload: i64)
              interrupt.return
            .end
            .entry main
            .test "sums"
              .expect output "1\\n"
            .end
            """;

    @TempDir
    Path folder;

    @Test
    @DisplayName("design §7: every key that a command prints is in docs/json.md")
    void everyKeyIsDocumented() throws IOException {
        Path a = Files.writeString(folder.resolve("a.tasm"), PROGRAM.replace("LIMIT", "10"));
        Path b = Files.writeString(folder.resolve("b.tasm"), PROGRAM.replace("LIMIT", "11"));
        Path fault =
                Files.writeString(folder.resolve("fault.tasm"), ".func main()\n  unreachable\n.end\n.entry main\n");
        Path tapeA = folder.resolve("a.tape");
        Path tapeB = folder.resolve("b.tape");
        Map<String, CommandLineRun> runs = new TreeMap<>();
        runs.put("record", CommandLineRun.of("record", a, "-o", tapeA, "--interrupt", "20:3:7", "--verify", "--json"));
        CommandLineRun.of("record", b, "-o", tapeB, "--interrupt", "20:3:7");
        runs.put("run", CommandLineRun.of("run", fault, "--json"));
        runs.put("asm", CommandLineRun.of("asm", a, "-o", folder.resolve("a.bc"), "--json"));
        runs.put("dis", CommandLineRun.of("dis", folder.resolve("a.bc"), "--json"));
        runs.put("verify", CommandLineRun.of("verify", a, "--json"));
        runs.put("test", CommandLineRun.of("test", a, "-o", folder.resolve("out"), "--json"));
        runs.put("replay", CommandLineRun.of("replay", tapeA, "--json"));
        runs.put("stats", CommandLineRun.of("stats", tapeA, "--profile", "--json"));
        runs.put("log", CommandLineRun.of("log", tapeA, "--json"));
        runs.put("state", CommandLineRun.of("state", tapeA, "--at", "30", "--json"));
        runs.put("bisect", CommandLineRun.of("bisect", tapeA, tapeB, "--json"));
        runs.put("bisect --when", CommandLineRun.of("bisect", tapeA, "--when", "global.total > 3", "--json"));
        runs.put("diff", CommandLineRun.of("diff", a, b, "--json"));
        runs.put("diff of recordings", CommandLineRun.of("diff", tapeA, tapeB, "--json"));
        runs.put("pack", CommandLineRun.of("pack", tapeA, "-o", folder.resolve("a.rec"), "--json"));
        runs.put(
                "report",
                CommandLineRun.of("report", tapeB, "--against", tapeA, "-o", folder.resolve("report"), "--json"));

        Set<String> documented = new TreeSet<>();
        Matcher code = CODE.matcher(Files.readString(Path.of("../docs/json.md")));
        while (code.find()) {
            documented.add(code.group(1));
        }
        runs.forEach((command, run) -> {
            JsonNode json = run.json();
            assertThat(json.get("schema").asInt()).as(command).isEqualTo(1);
            assertThat(keys(json, new TreeSet<>()))
                    .as(command + ": " + run.err())
                    .isSubsetOf(documented);
        });
        JsonNode results = new ObjectMapper()
                .readTree(Files.readAllBytes(folder.resolve("out").resolve("results.json")));
        assertThat(results.get("tests")).isNotEmpty();
        assertThat(keys(results, new TreeSet<>())).isSubsetOf(documented);
        JsonNode file = new ObjectMapper()
                .readTree(Files.readAllBytes(folder.resolve("report").resolve("report.json")));
        assertThat(file).isEqualTo(runs.get("report").json());
        assertThat(file.get("listing")).as("the example shows a listing").isNotEmpty();
        assertThat(file.at("/reference/marks")).isNotEmpty();
    }

    private static Set<String> keys(JsonNode json, Set<String> keys) {
        json.fieldNames().forEachRemaining(keys::add);
        json.forEach(element -> keys(element, keys));
        return keys;
    }
}
