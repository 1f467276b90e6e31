package dev.tapedeck.harness.fuzz;

import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.recording.FuzzedRecording;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.LogWalk;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.vm.program.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The first byte says what the others are: a packed recording, the payloads of excerpts as they are or decompressed, or the file
 * of a queue; and whether the recording is bisected too, against a good one.
 */
final class RecordingTarget implements Target.Code {
    private static final int PACKED = 0;
    private static final int PARTS = 1;
    private static final int DECOMPRESSED = 2;
    private static final int QUEUE = 3;
    private static final int FORM = 3;
    private static final int BISECTED = 4;
    private static final long INSTRUCTIONS_MAX = 100_000;
    private static final long BISECTED_INSTRUCTIONS_MAX = 20_000;

    private final Map<Program, byte[]> good = new LinkedHashMap<>();

    @Override
    public void run(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        byte[] content = Arrays.copyOfRange(input, 1, input.length);
        int form = input[0] & FORM;
        try (Folder folder = new Folder()) {
            Path file = folder.path().resolve("recording");
            if (form == QUEUE) {
                Files.write(Files.createDirectory(file).resolve(FuzzedRecording.QUEUE_FILE), content);
            } else if (form == PACKED) {
                Files.write(file, content);
            } else if (!FuzzedRecording.write(content, form == DECOMPRESSED, Files.createFile(file))) {
                return;
            }
            replay(file);
            if ((input[0] & BISECTED) != 0) {
                bisect(file, folder.path().resolve("good"));
            }
        }
    }

    private void bisect(Path file, Path good) throws Exception {
        try (Recording recording = Recording.open(file)) {
            if (recording.icountEnd() > BISECTED_INSTRUCTIONS_MAX) {
                return;
            }
            Map<Program, byte[]> all = goodOnes();
            byte[] packed = all.get(recording.program().program());
            Files.write(good, packed == null ? all.values().iterator().next() : packed);
            try (Recording other = Recording.open(good)) {
                Bisector.bisect(other, recording);
                Bisector.bisect(recording, other);
            }
        } catch (RecordingException e) {
            assertMessage(e);
        }
    }

    private synchronized Map<Program, byte[]> goodOnes() throws Exception {
        if (good.isEmpty()) {
            try (Folder folder = new Folder()) {
                Path file = folder.path().resolve("packed");
                for (byte[] seed : FuzzedRecording.seeds(PACKED, PARTS, DECOMPRESSED, QUEUE, Integer.MAX_VALUE)) {
                    if (seed[0] == PACKED) {
                        byte[] packed = Arrays.copyOfRange(seed, 1, seed.length);
                        Files.write(file, packed);
                        try (Recording recording = Recording.open(file)) {
                            good.putIfAbsent(recording.program().program(), packed);
                        }
                    }
                }
            }
        }
        return good;
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
            assertMessage(e);
        }
    }

    private static void assertMessage(Exception e) {
        if (String.valueOf(e.getMessage()).isBlank()) {
            throw new AssertionError("no message", e);
        }
    }

    @Override
    public List<byte[]> seeds() throws Exception {
        List<byte[]> seeds =
                new ArrayList<>(FuzzedRecording.seeds(PACKED, PARTS, DECOMPRESSED, QUEUE, Target.INPUT_BYTES_MAX));
        for (byte[] seed : List.copyOf(seeds)) {
            byte[] bisected = seed.clone();
            bisected[0] |= BISECTED;
            seeds.add(bisected);
        }
        return seeds;
    }
}
