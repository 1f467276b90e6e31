package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.condition.Condition;
import dev.tapedeck.harness.condition.ConditionException;
import dev.tapedeck.harness.condition.ConditionSearch;
import dev.tapedeck.harness.condition.ConditionSearch.Method;
import dev.tapedeck.harness.condition.ConditionSearch.Occurrence;
import dev.tapedeck.harness.condition.ConditionSearch.Result;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** {@code tapedeck bisect REC --when EXPR}: when does a condition hold in one run? */
final class ConditionAnswer {
    private static final int PLACE_WIDTH = 40;

    private final Terminal terminal;
    private final Recording recording;
    private final Condition condition;
    private final Which which;
    private final boolean monotone;
    private long found;

    /** Which times are asked for. */
    enum Which {
        FIRST,
        LAST,
        EVERY
    }

    private ConditionAnswer(
            Terminal terminal, Recording recording, Condition condition, Which which, boolean monotone) {
        this.terminal = terminal;
        this.recording = recording;
        this.condition = condition;
        this.which = which;
        this.monotone = monotone;
    }

    static ConditionAnswer of(Terminal terminal, Recording recording, String text, Which which, boolean monotone)
            throws CommandException {
        Condition condition;
        try {
            condition = Condition.parse(recording.program().program(), text);
        } catch (ConditionException e) {
            throw CommandException.usage("--when: " + e.getMessage());
        }
        if (monotone && which != Which.FIRST) {
            throw CommandException.usage("--monotone goes with the first time, not with --last or --every");
        }
        if (monotone && condition.isEvent()) {
            throw CommandException.usage(
                    "--monotone does not go with enter, leave and changed: they are true for one moment only");
        }
        return new ConditionAnswer(terminal, recording, condition, which, monotone);
    }

    /** Whether it holds at all. */
    boolean print(boolean json) throws Exception {
        if (json) {
            Writer writer = new OutputStreamWriter(terminal.out(), StandardCharsets.UTF_8);
            JsonReport.document(writer, this::document);
        } else if (which == Which.EVERY) {
            Result result = search(this::line);
            terminal.println((found == 0 ? "never true" : Words.count(found, "time")) + "; " + cost(result));
        } else {
            Result result = search(this::block);
            if (found == 0) {
                terminal.println(
                        monotone ? "never true, if it stays true once it is: at the end it is false" : "never true");
            }
            terminal.println(cost(result));
        }
        return found > 0;
    }

    private Result search(Consumer<Occurrence> sink) throws RecordingException, ReplayException {
        Consumer<Occurrence> counting = occurrence -> {
            found++;
            sink.accept(occurrence);
        };
        ConditionSearch search = condition.in(recording);
        try (Progress progress = Progress.of(terminal, "searching")) {
            return switch (which) {
                case FIRST -> search.first(monotone, counting, progress::at);
                case LAST -> search.last(counting, progress::at);
                case EVERY ->
                    search.every(
                            occurrence -> {
                                counting.accept(occurrence);
                                return !terminal.out().closed();
                            },
                            progress::at);
            };
        }
    }

    private void line(Occurrence occurrence) {
        String place = occurrence.after().map(Executed::place).orElse("");
        String text = occurrence.interrupt().isPresent()
                ? interrupt(occurrence)
                : occurrence.after().map(Executed::text).orElse(occurrence.icount() == 0 ? "the start" : "a fault");
        terminal.println(String.format(
                        Locale.ROOT,
                        "%" + Words.count(recording.icountEnd()).length() + "s  %-" + PLACE_WIDTH + "s  %-24s  %s",
                        Words.count(occurrence.icount()),
                        Visible.of(place),
                        Visible.of(text),
                        Visible.of(values(occurrence)))
                .stripTrailing());
    }

    private void block(Occurrence occurrence) {
        terminal.println("true for the " + which.name().toLowerCase(Locale.ROOT) + " time at instruction count "
                + Words.count(occurrence.icount()));
        row(
                "after",
                occurrence
                        .after()
                        .map(after -> after.text() + "   " + after.place())
                        .orElse(occurrence.icount() == 0 ? "the start of the run" : "the fault that ends the run"));
        if (occurrence.interrupt().isPresent()) {
            row("by", interrupt(occurrence) + ", delivered there");
        }
        if (!occurrence.values().isEmpty()) {
            row("values", values(occurrence));
        }
        String name = "in";
        for (String frame : Words.stack(occurrence.frames())) {
            row(name, frame);
            name = "";
        }
    }

    private static String interrupt(Occurrence occurrence) {
        return "interrupt " + occurrence.interrupt().getAsInt();
    }

    private void row(String name, String value) {
        terminal.println(String.format(Locale.ROOT, "  %-8s%s", name, Visible.of(value)));
    }

    private static String values(Occurrence occurrence) {
        return occurrence.values().stream()
                .map(value -> value.text() + " = " + value.value())
                .collect(Collectors.joining(", "));
    }

    private String cost(Result result) {
        String how = result.method() == Method.SCAN
                ? "one after the other"
                : "by binary search, since "
                        + (condition.rises() ? "it stays true once it is" : "--monotone says that it stays true");
        return "looked at " + Words.count(result.states(), "state") + " " + how + "; "
                + Words.count(result.replayed(), "instruction") + " replayed";
    }

    private void document(JsonGenerator json) throws IOException, RecordingException, ReplayException {
        json.writeStringField("condition", condition.text());
        json.writeStringField("which", which.name().toLowerCase(Locale.ROOT));
        json.writeArrayFieldStart("occurrences");
        Result result = search(occurrence -> {
            try {
                occurrence(json, occurrence);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        json.writeEndArray();
        json.writeStringField("method", result.method() == Method.SCAN ? "scan" : "binarySearch");
        json.writeNumberField("probes", result.states());
        json.writeNumberField("replayed", result.replayed());
        json.writeBooleanField("complete", recording.damage().isEmpty());
    }

    private void occurrence(JsonGenerator json, Occurrence occurrence) throws IOException {
        json.writeStartObject();
        json.writeNumberField("icount", occurrence.icount());
        json.writeFieldName("after");
        if (occurrence.after().isPresent()) {
            JsonReport.executed(json, occurrence.after().get());
        } else {
            json.writeNull();
        }
        if (occurrence.interrupt().isPresent()) {
            json.writeNumberField("interrupt", occurrence.interrupt().getAsInt());
        } else {
            json.writeNullField("interrupt");
        }
        json.writeArrayFieldStart("values");
        for (Condition.Value value : occurrence.values()) {
            json.writeStartObject();
            json.writeStringField("text", value.text());
            json.writeStringField("value", value.value());
            json.writeEndObject();
        }
        json.writeEndArray();
        List<Frame> frames = occurrence.frames();
        JsonReport.frames(json, frames);
        json.writeEndObject();
    }
}
