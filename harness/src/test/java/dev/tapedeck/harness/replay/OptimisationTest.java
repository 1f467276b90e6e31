package dev.tapedeck.harness.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OptimisationTest {
    private static final List<String> SWITCHES = List.of("tapedeck.vm.fusion", "tapedeck.vm.stretches");

    @TempDir
    Path directory;

    @Test
    @DisplayName("G6: docs/machine.md lists the switches")
    void documented() throws Exception {
        String page = Files.readString(Path.of("../docs/machine.md"));
        assertThat(Pattern.compile("^\\| `(tapedeck\\.vm\\.[a-z]+)` \\|", Pattern.MULTILINE)
                        .matcher(page)
                        .results()
                        .map(found -> found.group(1)))
                .containsExactlyElementsOf(SWITCHES);
    }

    @ParameterizedTest
    @MethodSource("dev.tapedeck.harness.recording.Deck#all")
    @ResourceLock(Resources.SYSTEM_PROPERTIES)
    @DisplayName("G6: without an optimisation the recording is the same, and each replays the other's")
    void sameRecordings(Deck deck) throws Exception {
        Path with = record(deck, "with");
        for (String property : SWITCHES) {
            System.setProperty(property, "off");
            Path without;
            try {
                without = record(deck, property);
                verify(with);
            } finally {
                System.clearProperty(property);
            }
            verify(without);
            try (Recording a = Recording.open(with);
                    Recording b = Recording.open(without)) {
                assertThat(b.icountEnd()).isEqualTo(a.icountEnd());
                assertThat(b.outcome()).isEqualTo(a.outcome());
                assertThat(b.blocks()).isEqualTo(a.blocks());
                assertThat(b.checkpoints().stream().map(Recording.Checkpoint::stateDigest))
                        .containsExactlyElementsOf(a.checkpoints().stream()
                                .map(Recording.Checkpoint::stateDigest)
                                .toList());
            }
        }
    }

    private Path record(Deck deck, String name) throws Exception {
        Path path = directory.resolve(name);
        Recorder.record(deck.program(), deck.options(), deck.host(), path);
        return path;
    }

    private static void verify(Path path) throws Exception {
        try (Recording recording = Recording.open(path)) {
            assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
        }
    }
}
