package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.store.SnapshotStore;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A snapshot in a store as people write it: {@code STORE/ID}.
 *
 * @param id or its first digits
 */
record StoredSnapshot(Path store, String id) {
    SnapshotStore open() {
        return new SnapshotStore(store);
    }

    /** Says before a run what would make saving fail after it. */
    static void check(Path store) throws CommandException {
        Path nearest = store.toAbsolutePath();
        while (nearest.getParent() != null && !Files.exists(nearest)) {
            nearest = nearest.getParent();
        }
        if (!Files.isDirectory(nearest)) {
            throw CommandException.data("cannot save to " + store + ": " + nearest + " is not a directory");
        }
        if (!Files.isWritable(nearest)) {
            throw CommandException.data(
                    "cannot save to " + store + ": cannot write to the directory " + nearest + ": permission denied");
        }
    }

    /** Saves a snapshot, says so, and returns its id. */
    static String save(Path store, Snapshot snapshot, Terminal terminal) throws RecordingException {
        String id = new SnapshotStore(store).save(snapshot);
        terminal.message("saved instruction count " + Words.count(snapshot.icount()) + " as "
                + Visible.of(store.resolve(SnapshotStore.shortened(id)).toString()));
        return id;
    }

    static final class Converter implements ITypeConverter<StoredSnapshot> {
        @Override
        public StoredSnapshot convert(String text) {
            Path path = new PathConverter().convert(text);
            if (path.getParent() == null || !String.valueOf(path.getFileName()).matches("[0-9a-f]{1,64}")) {
                throw new TypeConversionException("'" + text
                        + "' is not STORE/ID, where STORE is a directory and ID the id of a snapshot in it or its first"
                        + " digits; tapedeck snapshots STORE lists them");
            }
            return new StoredSnapshot(path.getParent(), String.valueOf(path.getFileName()));
        }
    }
}
