package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.report.ConsoleReport.Paint;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static Progress ofWork(Terminal terminal) {
        return Progress.of(terminal, "replaying", 4_000_000);
    }

    private static Progress ofProgram(Terminal terminal) {
        return Progress.ofProgram(terminal, "recording");
    }

    /** What is said of a run that is asked after half a second and after two hours. */
    private static String said(Function<Terminal, Progress> start, boolean outInteractive, boolean errInteractive) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(new byte[0]),
                new Terminal.Output(new ByteArrayOutputStream(), outInteractive),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                outInteractive,
                errInteractive,
                false,
                100,
                Paint.PLAIN,
                Map.of());
        long now = System.nanoTime();
        try (Progress progress = start.apply(terminal)) {
            progress.at(1_000_000, now + TimeUnit.MILLISECONDS.toNanos(500));
            progress.at(2_000_000, now + TimeUnit.HOURS.toNanos(2));
        }
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("a person sees how far long work has come, after a while, and nothing of it stays")
    void shown() {
        assertThat(said(ProgressTest::ofWork, true, true))
                .startsWith("\rreplaying  50% [")
                .endsWith("\r" + " ".repeat(99) + "\r");
        assertThat(said(ProgressTest::ofWork, false, true))
                .startsWith("\rreplaying  50% [")
                .contains("2/4M instructions");
        assertThat(said(ProgressTest::ofProgram, false, true))
                .startsWith("\rrecording")
                .contains("2/?M instructions");
    }

    @Test
    @DisplayName("nothing is said into a file, nor where a program writes on the same screen")
    void notShown() {
        assertThat(said(ProgressTest::ofWork, false, false)).isEmpty();
        assertThat(said(ProgressTest::ofWork, true, false)).isEmpty();
        assertThat(said(ProgressTest::ofProgram, false, false)).isEmpty();
        assertThat(said(ProgressTest::ofProgram, true, true)).isEmpty();
    }
}
