package dev.tapedeck.harness.fuzz;

import dev.tapedeck.harness.recording.FuzzedRecording;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.LogWalk;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The first byte says what the others are: a packed recording, or the payloads of excerpts as they are or decompressed. */
final class RecordingTarget implements Target.Code {
    private static final int PACKED = 0;
    private static final int PARTS = 1;
    private static final int DECOMPRESSED = 2;
    private static final long INSTRUCTIONS_MAX = 100_000;

    @Override
    public void run(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        byte[] content = Arrays.copyOfRange(input, 1, input.length);
        Path file = Files.createTempFile("tapedeck-fuzz", ".rec");
        try {
            if (input[0] == PACKED) {
                Files.write(file, content);
            } else if (!FuzzedRecording.write(content, input[0] == DECOMPRESSED, file)) {
                return;
            }
            replay(file);
        } finally {
            Files.delete(file);
        }
    }

    private static void replay(Path file) throws RecordingException {
        try (Recording recording = Recording.open(file)) {
            for (int i = 0; i < recording.checkpoints().size(); i++) {
                if (recording.restorable(i)) {
                    recording.snapshot(i);
                }
            }
            long[] entries = {0};
            LogWalk.walk(recording, 0, entry -> ++entries[0] < INSTRUCTIONS_MAX);
            if (recording.icountEnd() <= INSTRUCTIONS_MAX) {
                Replay.verify(recording);
            }
        } catch (RecordingException | ReplayException e) {
            if (String.valueOf(e.getMessage()).isBlank()) {
                throw new AssertionError("no message", e);
            }
        }
    }

    @Override
    public List<byte[]> seeds() throws Exception {
        return FuzzedRecording.seeds(PACKED, PARTS, DECOMPRESSED, Target.INPUT_BYTES_MAX);
    }
}
