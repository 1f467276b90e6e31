package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots kept in a store and run on from, by way of the command line. */
class SnapshotCommandsTest {
    /** Reads numbers of one digit, adds a random one to each, and prints them, by way of a function. */
    private static final String PROGRAM = """
            .program "adder"
            .memory 1
            .global total: mut i64 = 0
            .func add(x: i64) -> i64
              global.get total
              local.get x
              i64.add
              global.set total
              global.get total
              return
            .end
            .func main()
            again:
              i32.const 64
              i32.const 1
              call_host tape.input
              br_unless done
              i32.const 64
              i64.load8_u
              call add
              call_host tape.random
              i64.add
              call_host tape.print_i64
              br again
            done:
              return
            .end
            .entry main
            """;

    /** As a compiler may lay it out after a change elsewhere: other functions before, between, and in other order. */
    private static final String MOVED =
            """
            .program "adder"
            .memory 1
            .global total: mut i64 = 0
            .func new_one() -> i32
              i32.const 3
              return
            .end
            """ + PROGRAM.substring(PROGRAM.indexOf(".func main"), PROGRAM.indexOf(".entry")) + """
            .func another()
              return
            .end
            """
                    + PROGRAM.substring(PROGRAM.indexOf(".func add"), PROGRAM.indexOf(".func main")) + ".entry main\n";

    private static final String INPUT = "271828182845904523536028747135266249775724709369995";

    @TempDir
    Path folder;

    private Path program;
    private Path store;

    @BeforeEach
    void write() throws IOException {
        program = Files.writeString(folder.resolve("adder.tasm"), PROGRAM);
        store = folder.resolve("states");
    }

    private static CommandLineRun with(String input, Object... arguments) {
        return CommandLineRun.withInput(input, arguments);
    }

    private static CommandLineRun of(Object... arguments) {
        return CommandLineRun.of(arguments);
    }

    @Test
    @DisplayName("where nothing can be saved is said before the run, not after it")
    void nowhereToSave() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "text");
        for (Path target : List.of(file, file.resolve("states"))) {
            CommandLineRun run = with(INPUT, "run", program, "--limit", 100, "--save", target);
            assertThat(run.exitCode()).isEqualTo(65);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).contains("cannot save to " + target + ": " + file + " is not a directory");
        }
        assertThat(file).hasContent("text");
    }

    private String savedByRun(long icount) {
        CommandLineRun run = with(INPUT, "run", program, "--seed", 5, "--limit", icount, "--save", store, "--json");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        return run.json().get("snapshot").asText();
    }

    private Path record() {
        Path recording = folder.resolve("adder.tape");
        CommandLineRun run = with(INPUT, "record", program, "-o", recording, "--seed", 5);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return recording;
    }

    @Test
    @DisplayName("H8, W4: a run stopped by the limit, saved, and gone on with writes what one run writes")
    void hibernate() {
        String whole = with(INPUT, "run", program, "--seed", 5).out();
        String first = with(INPUT, "run", program, "--seed", 5, "--limit", 137, "--save", store)
                .out();
        String id = savedByRun(137);
        CommandLineRun second = with(INPUT, "run", program, "--from", store + "/" + id, "--limit", 300);
        assertThat(second.exitCode()).isEqualTo(1);
        CommandLineRun saved =
                with(INPUT, "run", program, "--from", store + "/" + id, "--limit", 300, "--save", store, "--json");
        CommandLineRun third = with(
                INPUT,
                "run",
                program,
                "--from",
                store + "/" + saved.json().get("snapshot").asText());
        assertThat(third.exitCode()).as(third.err()).isZero();
        assertThat(first).isNotEmpty();
        assertThat(second.out()).isNotEmpty();
        assertThat(first + second.out() + third.out()).isEqualTo(whole);
    }

    @Test
    @DisplayName("H8: content-addressed: the state out of a recording is the one out of the run itself")
    void sameFromRecording() {
        Path recording = record();
        for (long icount : new long[] {0, 1, 137, 138, 139, 300}) {
            CommandLineRun state = of("state", recording, "--at", icount, "--save", store, "--json");
            assertThat(state.exitCode()).as(state.err()).isZero();
            assertThat(state.err()).contains("saved instruction count").contains("states");
            if (icount > 0) {
                assertThat(state.json().get("snapshot").asText()).isEqualTo(savedByRun(icount));
            }
        }
        assertThat(of("snapshots", store, "--json").json().get("snapshots")).hasSize(6);
    }

    @Test
    @DisplayName("H3: saved, the program compiled anew with functions moved, and gone on with: the same output")
    void relocated() throws IOException {
        String whole = with(INPUT, "run", program, "--seed", 5).out();
        Path moved = Files.writeString(folder.resolve("moved.tasm"), MOVED);
        Path bc = folder.resolve("moved.bc");
        assertThat(of("asm", moved, "-o", bc).exitCode()).isZero();
        for (long icount = 130; icount < 150; icount++) {
            String before =
                    with(INPUT, "run", program, "--seed", 5, "--limit", icount).out();
            String id = savedByRun(icount);
            CommandLineRun rest = with(INPUT, "run", bc, "--from", store + "/" + id);
            assertThat(rest.exitCode()).as(rest.err()).isZero();
            assertThat(before + rest.out()).as("saved at %d", icount).isEqualTo(whole);
        }
    }

    @Test
    @DisplayName("H4: a function that is being called has changed: refused with both hashes; one that is not: fine")
    void changed() throws IOException {
        String inMain = null;
        String inAdd = null;
        for (long icount = 130; icount < 150; icount++) {
            Path recording = folder.resolve("adder.tape");
            if (!Files.exists(recording)) {
                record();
            }
            CommandLineRun state = of("state", recording, "--at", icount, "--save", store, "--json");
            JsonNode document = state.json();
            if (document.get("depth").asInt() == 2) {
                inAdd = document.get("snapshot").asText();
            } else {
                inMain = document.get("snapshot").asText();
            }
        }
        Path edited = Files.writeString(folder.resolve("edited.tasm"), PROGRAM.replaceFirst("i64.add", "i64.sub"));
        CommandLineRun refused = with(INPUT, "run", edited, "--from", store + "/" + inAdd);
        assertThat(refused.exitCode()).isEqualTo(65);
        assertThat(refused.err())
                .containsPattern("add.*[0-9a-f]{16,64}.*[0-9a-f]{16,64}")
                .doesNotContain("\tat ");
        assertThat(refused.err().strip().lines()).hasSize(1);
        CommandLineRun fine = with(INPUT, "run", edited, "--from", store + "/" + inMain);
        assertThat(fine.exitCode()).as(fine.err()).isZero();
    }

    @Test
    @DisplayName("H8: listed with program, icount, size and what is shared; verified; deleted by the first digits")
    void list() throws IOException {
        String first = savedByRun(100);
        String second = savedByRun(200);
        CommandLineRun list = of("snapshots", store);
        assertThat(list.exitCode()).as(list.err()).isZero();
        assertThat(list.out().lines().toList()).hasSize(4).satisfies(lines -> {
            assertThat(lines.get(0)).contains("id").contains("program").contains("icount");
            assertThat(lines.get(1))
                    .startsWith(first.substring(0, 12))
                    .contains("adder")
                    .contains("100");
            assertThat(lines.get(2)).startsWith(second.substring(0, 12)).contains("200");
            assertThat(lines.get(3)).startsWith("2 snapshots, ");
        });
        JsonNode json = of("snapshots", store, "--json", "--verify").json();
        assertThat(json.get("schema").asInt()).isEqualTo(1);
        assertThat(json.get("snapshots").get(0).get("id").asText()).isEqualTo(first);
        assertThat(json.get("snapshots").get(0).get("icount").asLong()).isEqualTo(100);
        assertThat(json.get("snapshots").get(0).get("bytes").asLong()).isPositive();
        assertThat(json.get("damaged")).isEmpty();

        CommandLineRun deleted = of("snapshots", store, "--delete", first.substring(0, 8));
        assertThat(deleted.exitCode()).isZero();
        assertThat(deleted.err()).contains("deleted 1 snapshot: 2 files removed");
        assertThat(deleted.out()).contains(second.substring(0, 12)).doesNotContain(first.substring(0, 12));
        assertThat(of("snapshots", store, "--delete", first).exitCode()).isEqualTo(65);
        assertThat(of("snapshots", store, "--delete", "nonsense").err()).contains("there is no snapshot 'nonsense'");
    }

    @Test
    @DisplayName("H8: damage is found by --verify, said in a line, and refused by run")
    void damaged() throws IOException {
        String id = savedByRun(100);
        Path piece;
        try (Stream<Path> files = Files.walk(store.resolve("pieces"))) {
            piece = files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(piece);
        bytes[bytes.length / 2] ^= 4;
        Files.write(piece, bytes);
        assertThat(of("snapshots", store).exitCode()).isZero();
        CommandLineRun verified = of("snapshots", store, "--verify");
        assertThat(verified.exitCode()).isEqualTo(65);
        assertThat(verified.err().strip().lines()).hasSize(1);
        CommandLineRun run = with(INPUT, "run", program, "--from", store + "/" + id);
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.err().strip().lines()).hasSize(1);
        assertThat(run.out()).isEmpty();
        assertThat(savedByRun(100)).isEqualTo(id);
        assertThat(of("snapshots", store, "--verify").err()).contains("verified 1 snapshot: whole");
    }

    @Test
    @DisplayName("Wrong usage of --from and --save: a line, and nothing runs")
    void usage() {
        String from = store + "/" + savedByRun(100).substring(0, 10);
        usage("--limit is 100", "run", program, "--from", from, "--limit", 100);
        usage("--function", "run", program, "--from", from, "--function", "main");
        usage("arguments", "run", program, "--from", from, "--", "1");
        usage("--seed", "run", program, "--from", from, "--seed", 5);
        usage("--interrupt is at 99", "run", program, "--from", from, "--interrupt", "99:3");
        usage("--inject is at 7", "run", program, "--from", from, "--inject", "7:hp:1");
        usage("STORE/ID", "run", program, "--from", "nonsense");
        usage("is empty", "run", program, "--from", "");
        CommandLineRun missing = of("run", program, "--from", folder.resolve("none/abc"));
        assertThat(missing.exitCode()).isEqualTo(65);
        assertThat(missing.err()).contains("no such directory");
        CommandLineRun noSuch = of("run", program, "--from", store + "/0123456789");
        assertThat(noSuch.exitCode()).isEqualTo(65);
        assertThat(noSuch.err()).contains("there is no snapshot '0123456789'");
        CommandLineRun inTheWay = with(INPUT, "run", program, "--limit", 50, "--save", program);
        assertThat(inTheWay.exitCode()).isEqualTo(65);
        assertThat(inTheWay.err()).doesNotContain("internal");
        CommandLineRun over = with(INPUT, "run", program, "--save", store);
        assertThat(over.exitCode()).isZero();
        assertThat(over.err()).contains("nothing saved");
    }

    private static void usage(String words, Object... arguments) {
        CommandLineRun run = with(INPUT, arguments);
        assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).contains(words);
        assertThat(run.out()).isEmpty();
    }

    @Test
    @DisplayName("A run that is over cannot be gone on with, and that is said")
    void ended() {
        Path recording = record();
        long end = of("stats", recording, "--json").json().get("instructions").asLong();
        CommandLineRun state = of("state", recording, "--at", end, "--save", store, "--json");
        CommandLineRun run = of(
                "run",
                program,
                "--from",
                store + "/" + state.json().get("snapshot").asText());
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.err()).contains("is of no run that goes on (returned)");
    }
}
