package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.StateDigest;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A command written in Rust, run from Java on a virtual WASI system. */
class QueryTest {
    private static final Path FOLDER = Path.of("src/test/programs/rust");
    private static VerifiedProgram program;

    @BeforeAll
    static void load() throws Exception {
        program = ProgramFile.load(FOLDER.resolve("query.wasm"));
    }

    private static Machine machine(
            String sql, String input, ByteArrayOutputStream output, ByteArrayOutputStream errors) {
        WasiHost host = new WasiHost(
                new WasiOptions().arguments(List.of(sql)),
                new InputTape(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8))),
                output,
                errors);
        Machine machine = new Machine(program, host, Limits.DEFAULT);
        machine.start(program.program().entry());
        return machine;
    }

    @Test
    @DisplayName("5,000 lines are grouped as Java groups them, and a second run ends in the same state")
    void groups() {
        Random random = new Random(7);
        StringBuilder csv = new StringBuilder("key,value\n");
        Map<String, long[]> expected = new TreeMap<>();
        for (int i = 0; i < 5_000; i++) {
            String key = "k" + random.nextInt(300);
            int value = random.nextInt(2_000_001) - 1_000_000;
            csv.append(key).append(',').append(value).append('\n');
            long[] sums = expected.computeIfAbsent(key, unused -> new long[2]);
            sums[0]++;
            sums[1] += value;
        }
        StringBuilder answer = new StringBuilder("key,n,total\n");
        expected.forEach((key, sums) -> answer.append(key + "," + sums[0] + "," + sums[1] + "\n"));
        String sql = "select key, count(*) as n, sum(value) as total from stdin group by key order by key";

        List<String> states = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            Machine machine = machine(sql, csv.toString(), output, output);
            assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.RETURNED);
            assertThat(output).hasToString(answer.toString());
            states.add(machine.icount() + " " + StateDigest.of(machine.snapshot()));
        }
        assertThat(states.get(1)).isEqualTo(states.get(0));
    }

    @Test
    @DisplayName(
            "W8: where a panic comes from: each frame has the file and line of its own code, of the library or of query.rs")
    void panic() throws Exception {
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Machine machine = machine("select substr(x, 1, 1) from stdin", "x\nö\n", new ByteArrayOutputStream(), errors);

        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.FAULTED);

        assertThat(errors.toString(StandardCharsets.UTF_8)).contains("byte index 1 is not a char boundary");
        List<Frame> frames = Places.frames(machine, 100);
        List<String> source = Files.readAllLines(FOLDER.resolve("query.rs"));
        int call = 1 + source.indexOf("        (\"substr\", text) => substr(&text.to_string(), &values[1..]),");
        assertThat(frames)
                .extracting(frame -> frame.source().replaceAll(".*/library/", "library/") + ":" + frame.line())
                .containsSubsequence(
                        "library/panic_abort/src/lib.rs:84",
                        "library/core/src/str/mod.rs:127",
                        path("query.rs") + call);
        int run = 1 + source.indexOf("    let answer = execute(&statement)?;");
        assertThat(frames)
                .extracting(frame -> frame.source() + ":" + frame.line())
                .contains(path("query.rs") + run);
    }

    private static String path(String file) {
        return "src/test/programs/rust/" + file + ":";
    }

    @Test
    @DisplayName("W8: lines of a hundred files, most of them of inlined functions, are in the .bc file too")
    void lines() throws Exception {
        Program imported = program.program();
        assertThat(imported.sources()).hasSizeGreaterThan(100);
        assertThat(BcReader.read(BcWriter.write(imported))).isEqualTo(imported);

        long instructions = 0;
        long known = 0;
        for (int f = 0; f < imported.functions().size(); f++) {
            var function = imported.functions().get(f);
            instructions += function.code().size();
            for (int offset = 0; offset < function.code().size(); offset++) {
                known += function.line(offset) > 0 ? 1 : 0;
            }
        }
        // The others are of libc and of what the compiler made up.
        assertThat(known).isGreaterThan(instructions * 8 / 10);
    }
}
