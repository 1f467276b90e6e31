package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tapedeck.harness.report.ConsoleReport.Paint;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One command, run in this JVM, and all that came of it. */
public record CommandLineRun(int exitCode, byte[] outBytes, String err) {
    /** Runs a command without any input. Arguments are made to text, so paths can be given as they are. */
    public static CommandLineRun of(Object... arguments) {
        return withInput("", arguments);
    }

    static CommandLineRun withEnvironment(Map<String, String> environment, Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = run(environment, "", false, out, err, arguments);
        return new CommandLineRun(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs a command that asks a person, who answers with {@code input}. */
    static CommandLineRun answered(String input, Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = run(Map.of(), input, true, out, err, arguments);
        return new CommandLineRun(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs a command as in continuous integration. */
    static CommandLineRun automated(Object... arguments) {
        return withEnvironment(Map.of("CI", "true"), arguments);
    }

    static CommandLineRun withInput(String input, Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = run(input, out, err, arguments);
        return new CommandLineRun(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs a command whose standard output is {@code out}. */
    static int run(String input, OutputStream out, OutputStream err, Object... arguments) {
        return run(Map.of(), input, false, out, err, arguments);
    }

    private static int run(
            Map<String, String> environment,
            String input,
            boolean answers,
            OutputStream out,
            OutputStream err,
            Object... arguments) {
        List<String> texts = new ArrayList<>();
        for (Object argument : arguments) {
            texts.add(String.valueOf(argument));
        }
        Terminal terminal = new Terminal(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)),
                new Terminal.Output(out, false),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                answers,
                100,
                Paint.PLAIN,
                environment);
        return Main.run(texts, terminal, environment);
    }

    public String out() {
        return new String(outBytes, StandardCharsets.UTF_8);
    }

    public JsonNode json() {
        try {
            return new ObjectMapper().readTree(outBytes);
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + out(), e);
        }
    }
}
