package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.StateRange;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Difference;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How the ends of two recordings differ. */
final class RecordingDiff {
    private static final int ROWS_MAX = 64;

    /** Single differences, many of which may be one row. */
    private static final int DIFFERENCES_MAX = 4096;

    private static final int VALUE_CHARS_MAX = 200;

    private final Terminal terminal;
    private final boolean json;

    RecordingDiff(Terminal terminal, boolean json) {
        this.terminal = terminal;
        this.json = json;
    }

    private record Row(String what, String a, String b) {
        boolean same() {
            return a.equals(b);
        }
    }

    int print(Path pathA, Path pathB) throws RecordingException, ReplayException {
        try (Recording a = Recordings.open(pathA, terminal);
                Recording b = Recordings.open(pathB, terminal)) {
            List<Row> rows = new ArrayList<>();
            rows.add(new Row(
                    "program",
                    a.program().program().name(),
                    b.program().program().name()));
            rows.add(new Row("outcome", outcome(a), outcome(b)));
            rows.add(new Row("instructions", Words.count(a.icountEnd()), Words.count(b.icountEnd())));
            rows.add(new Row(
                    "interrupts",
                    Words.count(a.interrupts().size()),
                    Words.count(b.interrupts().size())));
            rows.add(new Row(
                    "host calls",
                    Words.count(a.hostCalls().size()),
                    Words.count(b.hostCalls().size())));
            rows.add(new Row("chain digest", chain(a), chain(b)));
            rows.add(new Row("state digest", state(a), state(b)));
            boolean sameProgram = a.program().program().equals(b.program().program());
            if (sameProgram && !state(a).equals(state(b))) {
                Machine endA = end(a);
                Machine endB = end(b);
                // A place in a frame has a name only where that frame is.
                Machine deeper = endA.depth() >= endB.depth() ? endA : endB;
                List<Difference> differences = endA.snapshot().differences(endB.snapshot(), DIFFERENCES_MAX);
                for (StateRange range : StateRange.of(deeper, deeper, differences, ROWS_MAX)) {
                    rows.add(new Row(range.what(), range.a(), range.b()));
                }
            }
            boolean same = rows.stream().allMatch(Row::same);
            if (json) {
                document(rows, same);
            } else {
                table(rows, same, sameProgram);
            }
            return same ? ExitCodes.FINE : ExitCodes.DIFFERENT;
        }
    }

    private static String outcome(Recording recording) {
        Program program = recording.program().program();
        return recording
                .outcome()
                .map(outcome ->
                        Words.outcome(outcome, program, recording.options().functionIn(program)))
                .orElse("not recorded");
    }

    private static String chain(Recording recording) {
        List<Recording.Block> blocks = recording.blocks();
        return blocks.isEmpty()
                ? ""
                : Words.digest(blocks.get(blocks.size() - 1).chainDigest());
    }

    private static String state(Recording recording) {
        return recording.outcome().map(Outcome::stateDigest).map(Words::digest).orElse("not recorded");
    }

    private static Machine end(Recording recording) throws RecordingException, ReplayException {
        Replay replay = new Replay(recording);
        // Beyond the end: a run that faulted has done so.
        replay.seek(Long.MAX_VALUE);
        return replay.machine();
    }

    private void document(List<Row> rows, boolean same) {
        terminal.print(JsonReport.document(document -> {
            document.writeBooleanField("same", same);
            document.writeArrayFieldStart("rows");
            for (Row row : rows) {
                document.writeStartObject();
                document.writeStringField("what", row.what);
                document.writeBooleanField("same", row.same());
                document.writeStringField("a", row.a);
                document.writeStringField("b", row.b);
                document.writeEndObject();
            }
            document.writeEndArray();
        }));
    }

    private void table(List<Row> rows, boolean same, boolean sameProgram) {
        for (Row row : rows) {
            String line = String.format(
                    Locale.ROOT,
                    "%s %-24s %s",
                    row.same() ? " " : "*",
                    Visible.of(row.what),
                    row.same()
                            ? Visible.of(row.a, VALUE_CHARS_MAX)
                            : Visible.of(row.a, VALUE_CHARS_MAX) + "  ->  " + Visible.of(row.b, VALUE_CHARS_MAX));
            terminal.println(row.same() ? line : terminal.paint().bad(line));
        }
        if (!same) {
            terminal.message("tapedeck bisect finds where they part"
                    + (sameProgram ? "" : "; tapedeck diff of the two programs shows what was changed"));
        }
    }
}
