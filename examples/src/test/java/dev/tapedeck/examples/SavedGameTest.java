package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A game of Nim is saved in its middle and goes on later: once well, and once not. */
class SavedGameTest {
    private static final String OPENING = "A2\n";
    private static final String PROMPT = "your move: ";

    @Test
    @DisplayName("S15: one saved game can be won, and loaded again, and lost")
    void goesOn(@TempDir Path folder) throws Exception {
        Example nim = Example.load("nim.tasm");
        Path saved = folder.resolve("nim.game");
        String beginning = playOpening(nim, saved);
        assertThat(beginning).endsWith("I take 1 from A\nA 0  B 4  C 5\n" + PROMPT);

        Game won = goOn(nim, saved, "C1 C1 C1 C1 C1");
        assertThat(won.exitCode()).isZero();
        assertThat(won.output()).startsWith("I take 1 from B\nA 0  B 3  C 4\n").endsWith("you win\n");

        Game lost = goOn(nim, saved, "C2 C3");
        assertThat(lost.exitCode()).isEqualTo(1);
        assertThat(lost.output()).endsWith("I win\n");

        // Played in one go, the game has the same output: the saved one lost nothing and repeated nothing.
        assertThat(beginning + won.output()).isEqualTo(playAll(nim, OPENING + "C1 C1 C1 C1 C1"));
    }

    private record Game(String output, int exitCode) {}

    /** Plays the first move and saves the game when the program waits for the second one. */
    private static String playOpening(Example nim, Path saved) throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Machine machine = nim.machine(OPENING, output);
        machine.start(nim.program().entry());
        while (count(text(output), PROMPT) < 2) {
            assertThat(machine.run(machine.icount() + 1)).isEqualTo(Status.RUNNING);
        }
        Files.write(saved, SnapshotWriter.write(machine.snapshot()));
        return text(output);
    }

    /**
     * Loads a game into a new machine and plays it to its end. How far the input had been read belongs to the saved state,
     * so the new input begins with the moves made before.
     */
    private static Game goOn(Example nim, Path saved, String moves) throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Machine machine = nim.machine(OPENING + moves, output);
        machine.restore(SnapshotReader.read(nim.verified(), Files.readAllBytes(saved)));
        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.HALTED);
        return new Game(text(output), machine.exitCode());
    }

    private static String playAll(Example nim, String moves) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Machine machine = nim.machine(moves, output);
        machine.start(nim.program().entry());
        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.HALTED);
        return text(output);
    }

    private static String text(ByteArrayOutputStream output) {
        return output.toString(StandardCharsets.US_ASCII);
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }
}
