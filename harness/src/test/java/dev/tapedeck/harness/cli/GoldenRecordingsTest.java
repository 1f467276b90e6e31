package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Forgery;
import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.suite.ProgramFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Recordings of format version 1 that are kept as files. Whatever changes: they are read, and what they say stays the same;
 * and as long as version 1 is what is written, recording their programs again gives the same bytes, on whichever JDK this
 * runs.
 *
 * <p>{@code mvn test -pl harness -am -Dtest=GoldenRecordingsTest -Dtapedeck.golden=recordings} writes them again. Those of
 * a released version must stay as they are: a change that needs other bytes needs a new version, with files of its own.
 */
class GoldenRecordingsTest {
    private static final Path FOLDER = Path.of("src/test/resources/dev/tapedeck/harness/cli/version1");
    private static final String QUEUE_FILE = "19700101F.cq4";
    private static final boolean WRITES = "recordings".equals(System.getProperty("tapedeck.golden"));
    private static final String INPUT = "The quick brown fox jumps over the lazy dog.\n".repeat(5);

    /** Instructions in front of the middle of a run that are compared one by one. */
    private static final int LISTED = 12;

    @TempDir
    private Path temporary = Path.of("");

    /**
     * @param program without its ending
     * @param directory whether the directory is kept beside the packed file
     * @param options of {@code record}
     */
    private record Golden(String name, String program, boolean directory, List<String> options) {
        Golden(String name, String program, boolean directory, String... options) {
            this(name, program, directory, List.of(options));
        }

        Path packed() {
            return FOLDER.resolve(name + ".rec");
        }

        Path queue() {
            return FOLDER.resolve(name + ".tape");
        }

        Path facts() {
            return FOLDER.resolve(name + ".txt");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<String> INTERRUPTS = List.of(
            "--block",
            "256",
            "--checkpoint-every",
            "1024",
            "--limit",
            "20000",
            "--interrupt",
            "256:3:7:every=256:count=60",
            "--interrupt",
            "100:5:-9:every=999:count=12");

    private static Stream<Golden> all() {
        List<String> injected = new ArrayList<>(INTERRUPTS);
        injected.addAll(List.of("--inject", "9000:global.ticks:4"));
        return Stream.of(
                new Golden("interrupts", "interrupts", true, INTERRUPTS),
                new Golden("injected", "interrupts", false, injected),
                new Golden("cut", "interrupts", true, INTERRUPTS),
                new Golden(
                        "values",
                        "interrupts",
                        false,
                        "--block",
                        "64",
                        "--checkpoint-every",
                        "128",
                        "--detail",
                        "values",
                        "--limit",
                        "400",
                        "--interrupt",
                        "100:3:5"),
                new Golden("long", "long", false),
                new Golden("host", "host", true, "--block", "64", "--checkpoint-every", "128", "--seed", "7"),
                new Golden("memories", "memories", false),
                new Golden("fault", "fault", false, "--block", "256", "--checkpoint-every", "512"),
                new Golden(
                        "checkpoints",
                        "checkpoints",
                        false,
                        "--block",
                        "16",
                        "--checkpoint-every",
                        "16",
                        "--limit",
                        "12000"),
                new Golden("references", "everything", false, "--block", "1024", "--checkpoint-every", "8192"),
                new Golden("wasi", "wasi", true, "--block", "16", "--checkpoint-every", "32", "--env", "A=1"));
    }

    private static Golden golden(String name) {
        return all().filter(golden -> golden.name.equals(name)).findFirst().orElseThrow();
    }

    /** Records as it was recorded for the files. */
    private Path record(Golden golden) throws Exception {
        Path program = FOLDER.resolve(golden.program + ".tasm");
        Path directory = temporary.resolve(golden.name + ".tape");
        if (golden.name.equals("memories")) {
            Memories.record(program, directory);
            return directory;
        }
        List<Object> arguments = new ArrayList<>(List.of("record", program, "-o", directory, "-q"));
        arguments.addAll(golden.options);
        if (golden.name.equals("wasi")) {
            arguments.addAll(List.of("--", "one", "zwei"));
        }
        CommandLineRun run = CommandLineRun.withInput(INPUT, arguments.toArray());
        assertThat(directory.resolve(QUEUE_FILE)).as(run.err()).isRegularFile();
        if (golden.name.equals("cut")) {
            Path cut = temporary.resolve("cut.short");
            Forgery.cut(directory, cut, 60);
            return cut;
        }
        return directory;
    }

    /** A host that writes to the second memory, which no host of the command line does. */
    private static final class Memories {
        static void record(Path program, Path directory) throws Exception {
            Recorder.record(
                    ProgramFile.load(program),
                    Deck.options(List.of(), 1 << 20),
                    call -> {
                        call.writeMemory(1, 100, new byte[] {(byte) (call.icount() % 50)});
                        call.writeMemory(100, new byte[] {3});
                    },
                    directory);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    @DisplayName("9: recording the program again gives the bytes of the file, on whichever JDK this runs")
    void sameBytes(Golden golden) throws Exception {
        Path directory = record(golden);
        Path packed = temporary.resolve(golden.name + ".rec");
        Pack.pack(directory, packed);
        if (WRITES) {
            Files.copy(packed, golden.packed(), StandardCopyOption.REPLACE_EXISTING);
            if (golden.directory) {
                Files.createDirectories(golden.queue());
                Files.copy(
                        directory.resolve(QUEUE_FILE),
                        golden.queue().resolve(QUEUE_FILE),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            Files.writeString(golden.facts(), facts(golden.packed()));
        }
        assertThat(packed).hasSameBinaryContentAs(golden.packed());
        if (golden.directory) {
            assertThat(directory.resolve(QUEUE_FILE))
                    .hasSameBinaryContentAs(golden.queue().resolve(QUEUE_FILE));
        }
    }

    private static JsonNode json(Object... arguments) {
        CommandLineRun run = CommandLineRun.of(arguments);
        assertThat(run.exitCode())
                .as(() -> List.of(arguments) + ": " + run.err())
                .isIn(0, 1);
        return run.json();
    }

    /** What the commands say about a recording, as far as it has to stay the same. */
    private String facts(Path recording) {
        StringBuilder facts = new StringBuilder();
        JsonNode stats = json("stats", recording, "--json");
        for (String field : List.of(
                "program",
                "function",
                "seed",
                "instructions",
                "interrupts",
                "hostCalls",
                "blocks",
                "checkpoints",
                "chainDigest",
                "stateDigest",
                "outcome",
                "exitCode",
                "complete",
                "damage")) {
            facts.append(field).append(": ").append(stats.get(field).asText()).append('\n');
        }
        long middle = stats.get("instructions").asLong() / 2;
        JsonNode state = json("state", recording, "--at", middle, "--json");
        facts.append("state at ")
                .append(middle)
                .append(": ")
                .append(state.get("stateDigest").asText());
        facts.append(" in ")
                .append(place(state.get("ip")))
                .append(", ")
                .append(state.get("depth"))
                .append(" frames\n");
        JsonNode end =
                json("state", recording, "--at", stats.get("instructions").asLong(), "--json");
        facts.append("state at the end: ")
                .append(end.get("stateDigest").asText())
                .append('\n');
        for (JsonNode local : state.get("frames").get(0).get("locals")) {
            facts.append("  ").append(local.get("name").asText()).append(" = ");
            facts.append(local.get("value").asText()).append('\n');
        }
        JsonNode replay = json("replay", recording, "--json");
        facts.append("verified: ").append(replay.get("verified").asBoolean());
        facts.append(", ").append(replay.get("instructions").asLong()).append('\n');
        facts.append("log:\n");
        Map<String, Integer> kinds = new TreeMap<>();
        List<Object> log = new ArrayList<>(List.of("log", recording, "--json"));
        if (replay.get("instructions").asLong() > 1_000_000) {
            log.addAll(List.of("--from", middle - LISTED, "--count", 2 * LISTED));
        }
        for (JsonNode entry : json(log.toArray()).get("entries")) {
            String kind = entry.get("kind").asText();
            kinds.merge(kind, 1, Integer::sum);
            long icount = entry.get("icount").asLong();
            if (icount >= middle - LISTED && icount <= middle) {
                facts.append("  ").append(icount).append(' ').append(kind);
                if (entry.has("at")) {
                    facts.append(' ').append(place(entry.get("at")));
                }
                facts.append('\n');
            }
        }
        facts.append("  ").append(kinds).append('\n');
        return facts.toString();
    }

    private static String place(JsonNode at) {
        return at.get("function").asText() + "+" + at.get("offset").asText() + " "
                + at.get("text").asText();
    }

    @ParameterizedTest
    @MethodSource("all")
    @DisplayName("9: log, stats, state, replay, pack and unpack read it, in either form, and say what they always said")
    void sameFacts(Golden golden) throws Exception {
        String expected = Files.readString(golden.facts(), StandardCharsets.UTF_8);
        assertThat(facts(golden.packed())).isEqualTo(expected);
        assertThat(facts(golden.packed())).contains(golden.name.equals("cut") ? "complete: false" : "complete: true");

        Path unpacked = temporary.resolve("unpacked");
        assertThat(CommandLineRun.of("unpack", golden.packed(), "-o", unpacked).exitCode())
                .isZero();
        assertThat(facts(unpacked)).isEqualTo(expected);
        if (golden.directory) {
            if (!golden.name.equals("cut")) {
                // Of one that was cut, what belongs to no whole block is not packed.
                assertThat(unpacked.resolve(QUEUE_FILE))
                        .hasSameBinaryContentAs(golden.queue().resolve(QUEUE_FILE));
            }
            assertThat(facts(golden.queue())).isEqualTo(expected);
        }
        Path packed = temporary.resolve("again.rec");
        assertThat(CommandLineRun.of("pack", unpacked, "-o", packed).exitCode()).isZero();
        assertThat(packed).hasSameBinaryContentAs(golden.packed());
    }

    @Test
    @DisplayName("9: bisect, diff and report read them and find what they always found")
    void compared() throws Exception {
        Path reference = golden("interrupts").queue();
        Path injected = golden("injected").packed();
        JsonNode bisection = json("bisect", reference, injected, "--json");
        assertThat(bisection.get("diverged").asBoolean()).isTrue();
        assertThat(bisection.get("instruction").asLong()).isEqualTo(9000);
        assertThat(bisection.get("summary").asText()).contains("ticks");
        assertThat(json("bisect", reference, golden("interrupts").packed(), "--json")
                        .get("diverged")
                        .asBoolean())
                .isFalse();
        assertThat(json("diff", reference, golden("interrupts").packed(), "--json")
                        .get("same")
                        .asBoolean())
                .isTrue();
        assertThat(json("diff", reference, injected, "--json").get("same").asBoolean())
                .isFalse();
        Path folder = temporary.resolve("report");
        assertThat(CommandLineRun.of("report", injected, "--against", reference, "-o", folder)
                        .exitCode())
                .isEqualTo(ExitCodes.DIFFERENT);
        assertThat(Files.readString(folder.resolve("report.md"))).contains("9,000", "ticks");
        for (Golden golden : all().toList()) {
            assertThat(CommandLineRun.of("report", golden.packed(), "-o", temporary.resolve(golden.name))
                            .exitCode())
                    .as(golden.name)
                    .isIn(ExitCodes.FINE, ExitCodes.DIFFERENT);
        }
    }

    @Test
    @DisplayName("9: the files hold everything that version 1 has")
    void complete() throws Exception {
        assertThat(Forgery.checkpointForms(golden("checkpoints").packed())).contains("INITIAL", "FULL", "DELTA");
        assertThat(Files.readString(golden("interrupts").facts())).contains("interrupt=", "delivery=");
        assertThat(Files.readString(golden("fault").facts())).contains("outcome: faulted");
        assertThat(Files.readString(golden("host").facts())).contains("hostCall=", "exitCode: 3");
        assertThat(Files.readString(golden("wasi").facts())).contains("hostCall=", "exitCode: 5");
        try (Recording recording = Recording.open(golden("long").packed())) {
            assertThat(recording.options().checkpoints()).isEqualTo(CheckpointSpacing.AUTOMATIC);
            assertThat(recording.checkpoints())
                    .as("the start, and those near the end")
                    .hasSizeGreaterThan(2);
        }
        assertThat(Files.size(golden("long").packed()))
                .as("an excerpt of several parts")
                .isGreaterThan(140_000);
        try (Recording recording = Recording.open(golden("values").packed())) {
            assertThat(recording.valuesBytes()).isGreaterThan(40 * recording.icountEnd());
        }
        assertThat(Files.readString(golden("cut").facts())).contains("complete: false", "was cut");
        try (Recording recording = Recording.open(golden("memories").packed())) {
            assertThat(recording.hostCalls().stream().flatMap(call -> call.writes().stream()))
                    .extracting(Recording.MemoryWrite::memory)
                    .contains(0, 1);
        }
    }

    private static List<List<Object>> commands(Path recording, Path whole, Path output) {
        return List.of(
                List.of("log", recording),
                List.of("stats", recording),
                List.of("state", recording, "--at", 1),
                List.of("replay", recording),
                List.of("bisect", recording, whole),
                List.of("bisect", whole, recording),
                List.of("diff", recording, whole),
                List.of("diff", whole, recording),
                List.of("report", recording, "-o", output),
                List.of("report", whole, "--against", recording, "-o", output),
                List.of("pack", recording, "-o", output.resolve("x.rec")),
                List.of("unpack", recording, "-o", output.resolve("x.tape")));
    }

    private void refused(Path recording, String sentence) {
        Path whole = golden("host").packed();
        for (List<Object> command : commands(recording, whole, temporary.resolve("output"))) {
            if (command.get(0).equals("unpack") && Files.isDirectory(recording)) {
                continue;
            }
            CommandLineRun run = CommandLineRun.of(command.toArray());
            assertThat(run.exitCode()).as("%s: %s", command, run.err()).isEqualTo(ExitCodes.DATA);
            assertThat(run.err()).as("%s", command).contains(sentence, "newer");
            assertThat(run.err().lines()).as("%s", command).hasSize(1);
            assertThat(run.out()).as("%s", command).isEmpty();
        }
    }

    @Test
    @DisplayName("9: each command refuses a newer version, and says which it is, which it knows, and what to do")
    void newerVersions() throws IOException {
        for (int version : new int[] {2, 3, 255}) {
            Path directory = temporary.resolve("version" + version);
            Forgery.ofVersion(version, golden("host").queue(), directory);
            String sentence = "it was made by a newer Tapedeck (recording format " + version
                    + ", this one reads up to 1); use that version, or record again with this one";
            refused(directory, sentence);
            Path packed = temporary.resolve("version" + version + ".rec");
            Forgery.packed(directory, packed);
            refused(packed, sentence);
            Path later = temporary.resolve("packed" + version + ".rec");
            Forgery.ofPackedVersion(version, golden("host").packed(), later);
            refused(
                    later,
                    "it was made by a newer Tapedeck (packed recordings of format " + version
                            + ", this one reads up to 1); use that version, or record again with this one");
        }
    }
}
