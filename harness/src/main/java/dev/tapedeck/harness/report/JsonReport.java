package dev.tapedeck.harness.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Step;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.Optional;

/** A report as JSON, for tools. The keys are described in {@code docs/json.md} and stable within a schema number. */
public final class JsonReport {
    /** The schema number of every JSON document that Tapedeck prints or writes. */
    public static final int SCHEMA = 1;

    private JsonReport() {}

    /**
     * Writes the fields of one JSON object.
     *
     * @param <E> why they may not all be had
     */
    public interface Fields<E extends Exception> {
        void write(JsonGenerator json) throws IOException, E;
    }

    public static String render(ReportContent content) {
        return document(json -> fields(json, content));
    }

    /** A bisection as its own document, as {@code tapedeck bisect --json} prints it. */
    public static String render(Bisection bisection) {
        return document(json -> fields(json, bisection));
    }

    /** A slice as its own document, as {@code tapedeck slice --json} prints it. */
    public static String render(Slice slice) {
        return document(json -> fields(json, slice));
    }

    /** One JSON document: an object with {@code schema} and whatever {@code fields} adds, and a line feed. */
    public static <E extends Exception> String document(Fields<E> fields) throws E {
        StringWriter text = new StringWriter();
        try {
            document(text, fields);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return text.toString();
    }

    /** The same, written as it comes. If the fields cannot all be had, the document is left without its end. */
    public static <E extends Exception> void document(Writer writer, Fields<E> fields) throws IOException, E {
        try (JsonGenerator json = new JsonFactory()
                .configure(JsonGenerator.Feature.AUTO_CLOSE_TARGET, false)
                .configure(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT, false)
                .createGenerator(writer)) {
            // The default ends lines as the operating system does; the same report is the same bytes everywhere.
            DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
            DefaultPrettyPrinter printer = new DefaultPrettyPrinter(
                    Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER));
            printer.indentObjectsWith(indenter);
            printer.indentArraysWith(indenter);
            json.setPrettyPrinter(printer);
            json.writeStartObject();
            json.writeNumberField("schema", SCHEMA);
            fields.write(json);
            json.writeEndObject();
        }
        writer.write('\n');
        writer.flush();
    }

    private static void fields(JsonGenerator json, ReportContent content) throws IOException {
        json.writeStringField("title", content.title());
        json.writeStringField("reason", content.reason());
        json.writeFieldName("run");
        run(json, content.run());
        json.writeFieldName("reference");
        if (content.reference().isPresent()) {
            run(json, content.reference().get());
        } else {
            json.writeNull();
        }
        json.writeFieldName("bisection");
        if (content.bisection().isPresent()) {
            json.writeStartObject();
            fields(json, content.bisection().get());
            json.writeEndObject();
        } else {
            json.writeNull();
        }
        json.writeArrayFieldStart("listing");
        for (Listing.Row row : content.listing().rows()) {
            json.writeStartObject();
            step(json, "a", row.a());
            step(json, "b", row.b());
            json.writeBooleanField("here", row.here());
            json.writeBooleanField("same", row.same());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeObjectFieldStart("ending");
        executed(json, "fault", content.ending().fault());
        frames(json, content.ending().frames());
        json.writeArrayFieldStart("last");
        for (Step step : content.ending().last()) {
            step(json, step);
        }
        json.writeEndArray();
        text(json, "problem", content.ending().problem());
        json.writeEndObject();
        json.writeArrayFieldStart("excerpts");
        for (ReportContent.Excerpt excerpt : content.excerpts()) {
            json.writeStartObject();
            json.writeStringField("label", excerpt.label());
            json.writeStringField("source", excerpt.source());
            json.writeArrayFieldStart("lines");
            for (ReportContent.Line line : excerpt.lines()) {
                json.writeStartObject();
                json.writeNumberField("number", line.number());
                json.writeStringField("text", line.text());
                json.writeBooleanField("marked", line.marked());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        text(json, "textDiff", content.textDiff());
        slice(json, content.slice());
        errorOutput(json, content.errorOutput());
    }

    private static void errorOutput(JsonGenerator json, Optional<ErrorOutput> output) throws IOException {
        json.writeFieldName("errorOutput");
        if (output.isEmpty()) {
            json.writeNull();
            return;
        }
        json.writeStartObject();
        strings(json, "lines", output.get().lines());
        json.writeBooleanField("whole", output.get().whole());
        json.writeEndObject();
    }

    private static void run(JsonGenerator json, ReportContent.Run run) throws IOException {
        json.writeStartObject();
        json.writeStringField("recording", run.path());
        json.writeStringField("program", run.program());
        json.writeStringField("function", run.function());
        strings(json, "arguments", run.arguments());
        json.writeNumberField("seed", run.seed());
        json.writeNumberField("instructions", run.instructions());
        json.writeNumberField("interrupts", run.interrupts());
        json.writeNumberField("hostCalls", run.hostCalls());
        json.writeNumberField("checkpoints", run.checkpoints());
        json.writeNumberField("logBytes", run.logBytes());
        json.writeNumberField("bitsPerInstruction", run.bitsPerInstruction());
        json.writeStringField("outcome", run.outcome());
        text(json, "damage", run.damage());
        json.writeFieldName("replayedFrom");
        if (run.replayedFrom() >= 0) {
            json.writeNumber(run.replayedFrom());
        } else {
            json.writeNull();
        }
        json.writeArrayFieldStart("marks");
        for (ReportContent.Mark mark : run.marks()) {
            json.writeStartObject();
            json.writeStringField("kind", mark.kind().key());
            json.writeNumberField("icount", mark.icount());
            json.writeNumberField("last", mark.last());
            json.writeNumberField("count", mark.count());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** The fields of a bisection, into an object that has been begun. */
    public static void fields(JsonGenerator json, Bisection bisection) throws IOException {
        Optional<Executed> place = Optional.ofNullable(ReportContent.place(bisection));
        json.writeBooleanField("diverged", bisection.diverged());
        json.writeStringField("kind", bisection.kind().mnemonic());
        json.writeStringField("summary", bisection.summary());
        icount(json, "instruction", bisection.a().at());
        icount(json, "instructionB", bisection.b().at());
        text(json, "function", place.map(Executed::function));
        json.writeFieldName("offset");
        if (place.isPresent()) {
            json.writeNumber(place.get().offset());
        } else {
            json.writeNull();
        }
        text(json, "source", place.map(Executed::source).filter(source -> !source.isEmpty()));
        json.writeFieldName("line");
        if (place.isPresent() && place.get().line() > 0) {
            json.writeNumber(place.get().line());
        } else {
            json.writeNull();
        }
        json.writeNumberField("probes", bisection.probes());
        json.writeNumberField("replayed", bisection.replayed());
        side(json, "a", bisection.a());
        side(json, "b", bisection.b());
        json.writeArrayFieldStart("differences");
        for (StateDifference difference : bisection.differences()) {
            json.writeStartObject();
            json.writeStringField("location", difference.location());
            json.writeStringField("a", difference.a());
            json.writeStringField("b", difference.b());
            executed(json, "writerA", difference.writerA());
            executed(json, "writerB", difference.writerB());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeFieldName("consequences");
        if (bisection.consequences().isPresent()) {
            consequences(json, bisection.consequences().get());
        } else {
            json.writeNull();
        }
    }

    private static void consequences(JsonGenerator json, Bisection.Consequences consequences) throws IOException {
        json.writeStartObject();
        json.writeNumberField("to", consequences.to());
        json.writeNumberField("toB", consequences.toB());
        json.writeBooleanField("complete", consequences.complete());
        json.writeNumberField("unlisted", consequences.unlisted());
        json.writeArrayFieldStart("list");
        for (Bisection.Consequence consequence : consequences.list()) {
            json.writeStartObject();
            json.writeStringField("kind", consequence.kind().mnemonic());
            executed(json, "a", consequence.a());
            executed(json, "b", consequence.b());
            json.writeStringField("fate", consequence.fate().mnemonic());
            json.writeNumberField("effects", consequence.effects());
            effect(json, "effect", consequence.effect());
            json.writeFieldName("output");
            if (consequence.output().isPresent()) {
                effect(json, consequence.output().get());
            } else {
                json.writeNull();
            }
            json.writeNumberField("stretchCount", consequence.stretchCount());
            json.writeArrayFieldStart("stretches");
            for (Bisection.Stretch stretch : consequence.stretches()) {
                json.writeStartObject();
                json.writeNumberField("from", stretch.from());
                json.writeNumberField("to", stretch.to());
                json.writeNumberField("fromB", stretch.fromB());
                json.writeNumberField("toB", stretch.toB());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void effect(JsonGenerator json, String name, Bisection.Effect effect) throws IOException {
        json.writeFieldName(name);
        effect(json, effect);
    }

    private static void effect(JsonGenerator json, Bisection.Effect effect) throws IOException {
        json.writeStartObject();
        json.writeNumberField("icount", effect.icount());
        json.writeNumberField("icountB", effect.icountB());
        json.writeStringField("words", effect.words());
        json.writeEndObject();
    }

    private static void side(JsonGenerator json, String name, Bisection.Side side) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField("recording", side.name());
        json.writeStringField("program", side.program());
        json.writeNumberField("instructions", side.instructions());
        json.writeStringField("outcome", side.outcome());
        executed(json, "at", side.at());
        text(json, "event", side.event());
        frames(json, side.frames());
        list(json, "before", side.before());
        slice(json, side.slice());
        json.writeEndObject();
    }

    private static void slice(JsonGenerator json, Optional<Slice> slice) throws IOException {
        json.writeFieldName("slice");
        if (slice.isPresent()) {
            json.writeStartObject();
            fields(json, slice.get());
            json.writeEndObject();
        } else {
            json.writeNull();
        }
    }

    /** The fields of a slice. */
    private static void fields(JsonGenerator json, Slice slice) throws IOException {
        json.writeStringField("what", slice.what());
        json.writeNumberField("icount", slice.icount());
        json.writeBooleanField("complete", slice.complete());
        json.writeNumberField("replayed", slice.replayed());
        json.writeArrayFieldStart("steps");
        for (Cause step : slice.steps()) {
            json.writeStartObject();
            json.writeFieldName("at");
            executed(json, step.at());
            json.writeStringField("kind", step.kind().mnemonic());
            json.writeStringField("role", step.role().mnemonic());
            strings(json, "operands", step.operands());
            json.writeStringField("value", step.value());
            list(json, "through", step.through());
            if (step.caller().isPresent()) {
                json.writeFieldName("caller");
                executed(json, step.caller().get());
            } else {
                json.writeNullField("caller");
            }
            json.writeNumberField("repeats", step.repeats());
            json.writeNumberField("leftOut", step.leftOut());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void icount(JsonGenerator json, String name, Optional<Executed> at) throws IOException {
        json.writeFieldName(name);
        if (at.isPresent()) {
            json.writeNumber(at.get().icount());
        } else {
            json.writeNull();
        }
    }

    private static void text(JsonGenerator json, String name, Optional<String> text) throws IOException {
        json.writeFieldName(name);
        if (text.isPresent()) {
            json.writeString(text.get());
        } else {
            json.writeNull();
        }
    }

    private static void strings(JsonGenerator json, String name, List<String> texts) throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }

    /** Writes the call stack, innermost frame first, as {@code frames}. */
    public static void frames(JsonGenerator json, List<Frame> frames) throws IOException {
        json.writeArrayFieldStart("frames");
        for (Frame frame : frames) {
            json.writeStartObject();
            json.writeStringField("function", frame.function());
            json.writeNumberField("offset", frame.offset());
            json.writeStringField("source", frame.source());
            json.writeNumberField("line", frame.line());
            json.writeBooleanField("interrupt", frame.interrupt());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void list(JsonGenerator json, String name, List<Executed> list) throws IOException {
        json.writeArrayFieldStart(name);
        for (Executed executed : list) {
            executed(json, executed);
        }
        json.writeEndArray();
    }

    private static void executed(JsonGenerator json, String name, Optional<Executed> executed) throws IOException {
        json.writeFieldName(name);
        if (executed.isPresent()) {
            executed(json, executed.get());
        } else {
            json.writeNull();
        }
    }

    private static void step(JsonGenerator json, String name, Optional<Step> step) throws IOException {
        json.writeFieldName(name);
        if (step.isPresent()) {
            step(json, step.get());
        } else {
            json.writeNull();
        }
    }

    private static void step(JsonGenerator json, Step step) throws IOException {
        json.writeStartObject();
        fields(json, step.executed());
        json.writeStringField("wrote", step.wrote());
        json.writeEndObject();
    }

    /** The fields of an executed instruction, as an object. */
    public static void executed(JsonGenerator json, Executed executed) throws IOException {
        json.writeStartObject();
        fields(json, executed);
        json.writeEndObject();
    }

    private static void fields(JsonGenerator json, Executed executed) throws IOException {
        json.writeNumberField("icount", executed.icount());
        json.writeStringField("function", executed.function());
        json.writeNumberField("offset", executed.offset());
        json.writeStringField("source", executed.source());
        json.writeNumberField("line", executed.line());
        json.writeStringField("text", executed.text());
    }
}
