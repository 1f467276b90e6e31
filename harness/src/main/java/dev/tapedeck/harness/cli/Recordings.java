package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.nio.file.Path;

/** Opens recordings for commands. */
final class Recordings {
    private Recordings() {}

    /** Opens a recording, and says so if it does not reach the end of its run. */
    static Recording open(Path path, Terminal terminal) throws RecordingException {
        Recording recording = Recording.open(path);
        if (recording.live()) {
            terminal.message(
                    Visible.of(path.toString()) + " is still being written; so far it reaches up to instruction "
                            + Words.count(recording.icountEnd()));
            return recording;
        }
        recording
                .damage()
                .ifPresent(damage -> terminal.message("tapedeck: warning: "
                        + Visible.of(path.toString()) + " is usable up to instruction "
                        + Words.count(recording.icountEnd())
                        + " only: " + Visible.of(damage)));
        return recording;
    }
}
