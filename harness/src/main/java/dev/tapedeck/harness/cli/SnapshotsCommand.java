package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.store.SnapshotStore;
import dev.tapedeck.harness.store.SnapshotStore.Contents;
import dev.tapedeck.harness.store.SnapshotStore.Damaged;
import dev.tapedeck.harness.store.SnapshotStore.Entry;
import dev.tapedeck.harness.store.SnapshotStore.Removed;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck snapshots}. */
@Command(
        name = "snapshots",
        description = {
            "Lists the snapshots in a store, checks them, deletes some.",
            "",
            "A store is a directory. state and run put snapshots into it with --save, and run goes on from one with"
                    + " --from. What several have in common is stored once; 'shared' says how much of each that is."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tapedeck state life.tape --at 20000 --save states",
            "  tapedeck snapshots states",
            "  tapedeck run life.tasm --from states/3f2a9c",
            "  tapedeck snapshots states --delete 3f2a9c"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:there is no such store or snapshot, or one is damaged"})
final class SnapshotsCommand implements Callable<Integer> {
    private static final String ROW = "%-12s  %-20s  %16s  %13s  %13s";
    private static final int NAME_CHARS = 20;

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "STORE", description = "The store's directory.")
    private Path directory = Path.of("");

    @Option(
            names = "--delete",
            paramLabel = "ID",
            description = "Deletes a snapshot, and what then none has any more. Its first digits are enough, as far as"
                    + " they tell it from the others. May be repeated.")
    private List<String> delete = new ArrayList<>();

    @Option(
            names = "--collect",
            description = "Removes what no snapshot has: what a process left that was killed while it saved.")
    private boolean collect;

    @Option(names = "--verify", description = "Reads every snapshot, and compares it with its hashes.")
    private boolean verify;

    @Option(names = "--json", description = "Prints the list as JSON.")
    private boolean json;

    SnapshotsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        SnapshotStore store = new SnapshotStore(directory);
        if (!delete.isEmpty()) {
            Removed removed = store.delete(delete);
            terminal.message("deleted " + Words.count(delete.size(), "snapshot") + ": " + words(removed));
        }
        if (collect) {
            terminal.message("collected: " + words(store.collect()));
        }
        Contents contents = store.contents();
        List<Damaged> damaged = new ArrayList<>(contents.damaged());
        if (verify) {
            for (Entry entry : contents.snapshots()) {
                try {
                    store.verify(entry.id());
                } catch (RecordingException e) {
                    damaged.add(new Damaged(entry.id(), String.valueOf(e.getMessage())));
                }
            }
        }
        if (json) {
            terminal.print(JsonReport.document(document -> document(document, contents, damaged)));
        } else {
            print(contents);
        }
        damaged.forEach(one -> terminal.message("tapedeck: " + Visible.of(one.problem())));
        if (verify && damaged.isEmpty()) {
            terminal.message("verified " + Words.count(contents.snapshots().size(), "snapshot") + ": whole");
        }
        return damaged.isEmpty() ? ExitCodes.FINE : ExitCodes.DATA;
    }

    private static String words(Removed removed) {
        return Words.count(removed.files(), "file") + " removed, " + Words.count(removed.bytes(), "byte");
    }

    private void document(JsonGenerator json, Contents contents, List<Damaged> damaged) throws IOException {
        json.writeStringField("store", directory.toString());
        json.writeArrayFieldStart("snapshots");
        for (Entry entry : contents.snapshots()) {
            json.writeStartObject();
            json.writeStringField("id", entry.id());
            json.writeStringField("program", entry.program());
            json.writeNumberField("icount", entry.icount());
            json.writeNumberField("bytes", entry.bytes());
            json.writeNumberField("sharedBytes", entry.sharedBytes());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("damaged");
        for (Damaged one : damaged) {
            json.writeStartObject();
            json.writeStringField("id", one.id());
            json.writeStringField("problem", one.problem());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("pieces", contents.pieces());
        json.writeNumberField("storedBytes", contents.storedBytes());
    }

    private void print(Contents contents) {
        List<Entry> snapshots = contents.snapshots();
        if (!snapshots.isEmpty()) {
            terminal.println(String.format(Locale.ROOT, ROW, "id", "program", "icount", "bytes", "shared"));
        }
        long bytes = 0;
        for (Entry entry : snapshots) {
            bytes += entry.bytes();
            terminal.println(String.format(
                    Locale.ROOT,
                    ROW,
                    SnapshotStore.shortened(entry.id()),
                    Visible.of(entry.program(), NAME_CHARS),
                    Words.count(entry.icount()),
                    Words.count(entry.bytes()),
                    Words.count(entry.sharedBytes())));
        }
        terminal.println(Words.count(snapshots.size(), "snapshot") + ", " + Words.count(bytes, "byte") + "; stored in "
                + Words.count(contents.pieces(), "piece") + ", " + Words.count(contents.storedBytes(), "byte"));
    }
}
