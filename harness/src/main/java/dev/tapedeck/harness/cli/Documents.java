package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The parts that the commands' JSON documents have in common; described in {@code docs/json.md}. */
final class Documents {
    private Documents() {}

    /** The fields {@code outcome}, {@code instructions}, {@code exitCode}, {@code results}, {@code stateDigest}, {@code fault}. */
    static void outcome(JsonGenerator json, Program program, int function, Outcome outcome, List<Frame> frames)
            throws IOException {
        json.writeStringField("outcome", outcome.kind().name().toLowerCase(Locale.ROOT));
        json.writeNumberField("instructions", outcome.icount());
        json.writeNumberField("exitCode", outcome.exitCode());
        json.writeArrayFieldStart("results");
        for (String value :
                Values.values(program.typeOf(program.functions().get(function)).results(), outcome.results())) {
            json.writeString(value);
        }
        json.writeEndArray();
        json.writeStringField("stateDigest", Words.digest(outcome.stateDigest()));
        json.writeFieldName("fault");
        if (outcome.fault().isPresent()) {
            fault(json, program, outcome.fault().get(), frames);
        } else {
            json.writeNull();
        }
    }

    private static void fault(JsonGenerator json, Program program, Fault fault, List<Frame> frames) throws IOException {
        json.writeStartObject();
        json.writeStringField("kind", fault.kind().mnemonic());
        json.writeStringField("meaning", fault.kind().meaning());
        json.writeStringField("detail", fault.detail());
        json.writeNumberField("icount", fault.icount());
        place(json, "at", program, fault.position());
        json.writeNumberField("sp", fault.sp());
        json.writeNumberField("bp", fault.bp());
        json.writeNumberField("hp", Integer.toUnsignedLong(fault.hp()));
        JsonReport.frames(json, frames);
        json.writeEndObject();
    }

    /** A place in the code, with the instruction there. */
    static void place(JsonGenerator json, String name, Program program, Position position) throws IOException {
        Executed at = Places.executed(program, 0, position);
        json.writeObjectFieldStart(name);
        json.writeStringField("function", at.function());
        json.writeNumberField("offset", at.offset());
        json.writeStringField("source", at.source());
        json.writeNumberField("line", at.line());
        json.writeStringField("text", at.text());
        json.writeEndObject();
    }

    /** What a program wrote: as text, and exactly, since it need not be text. */
    static void output(JsonGenerator json, byte[] output) throws IOException {
        json.writeStringField("output", new String(output, StandardCharsets.UTF_8));
        json.writeStringField("outputBase64", Base64.getEncoder().encodeToString(output));
    }

    /** A text, or null. */
    static void text(JsonGenerator json, String name, Optional<String> text) throws IOException {
        json.writeFieldName(name);
        if (text.isPresent()) {
            json.writeString(text.get());
        } else {
            json.writeNull();
        }
    }
}
