package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.replay.LogWalk;
import dev.tapedeck.harness.replay.Replay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens to the bytes of a recording: a sentence, or the part before the damage, which replays. With {@code
 * -Pthorough} every bit is flipped, and not one of each byte.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DamageTest {
    private static final boolean THOROUGH = Boolean.getBoolean("tapedeck.thorough");
    private static final long SEED = 20261121;

    @TempDir
    Path temp;

    private Path directory;
    private byte[] whole;
    private List<Recording.Block> blocks;
    private Outcome outcome;

    @BeforeEach
    void record() throws RecordingException, IOException {
        directory = temp.resolve("r");
        Deck deck = Deck.all()
                .filter(candidate -> candidate.name().equals("interrupts of two signals at once"))
                .findFirst()
                .orElseThrow();
        Recorder.record(deck.program(), deck.options(), deck.host(), directory);
        read();
    }

    private void read() throws RecordingException, IOException {
        whole = Files.readAllBytes(data());
        try (Recording recording = Recording.open(directory)) {
            blocks = List.copyOf(recording.blocks());
            outcome = recording.outcome().orElseThrow();
        }
    }

    private Path data() {
        return directory.resolve("19700101F.cq4");
    }

    private enum Result {
        REFUSED,
        CUT,
        UNHARMED
    }

    /** Opens what is there now; whatever it is, it has to be right as far as it goes. */
    private Result open(Path path, String what) throws Exception {
        try (Recording recording = Recording.open(path)) {
            assertThat(recording.blocks())
                    .as(what)
                    .isEqualTo(blocks.subList(0, recording.blocks().size()));
            assertThat(Replay.verify(recording)).as(what).isEqualTo(recording.icountEnd());
            long[] count = {0};
            LogWalk.walk(recording, 0, entry -> {
                count[0] += entry instanceof LogWalk.Entry.Executed ? 1 : 0;
                return true;
            });
            assertThat(count[0]).as(what).isEqualTo(recording.icountEnd());
            if (recording.damage().isPresent()) {
                assertThat(recording.damage().get()).as(what).contains("instruction count " + recording.icountEnd());
                return Result.CUT;
            }
            assertThat(recording.outcome()).as(what).contains(outcome);
            return Result.UNHARMED;
        } catch (RecordingException e) {
            assertThat(e.getMessage()).as(what).contains(path.toString()).doesNotContain("\n");
            return Result.REFUSED;
        }
    }

    @Test
    void cutAnywhere() throws Exception {
        Random random = new Random(SEED);
        Map<Result, Integer> results = new EnumMap<>(Result.class);
        for (int i = 0; i < 150; i++) {
            int length = i < 20 ? i * 20 : 65_000 + random.nextInt(whole.length - 65_000);
            Files.write(data(), Arrays.copyOf(whole, length));
            results.merge(open(directory, "seed " + SEED + ", cut at " + length), 1, Integer::sum);
        }
        assertThat(results.getOrDefault(Result.REFUSED, 0)).isPositive();
        assertThat(results.getOrDefault(Result.CUT, 0)).isGreaterThan(50);
    }

    @Test
    @DisplayName("Each changed byte inside an excerpt is noticed")
    void changedBytes() throws Exception {
        Random random = new Random(SEED);
        List<int[]> excerpts = excerpts();
        for (int i = 0; i < 250; i++) {
            int[] excerpt = excerpts.get(random.nextInt(excerpts.size()));
            int at = excerpt[0] + random.nextInt(excerpt[1]);
            byte[] changed = whole.clone();
            changed[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(data(), changed);
            String what = "seed " + SEED + ", byte " + at + " changed";
            assertThat(open(directory, what)).as(what).isNotEqualTo(Result.UNHARMED);
        }
    }

    @Test
    @DisplayName(
            "A flipped bit in any byte of a small recording is noticed: inside an excerpt always, elsewhere if it matters")
    void flippedBits() throws Exception {
        recordSmall();
        boolean[] inExcerpt = new boolean[whole.length];
        for (int[] excerpt : excerpts()) {
            Arrays.fill(inExcerpt, excerpt[0], excerpt[0] + excerpt[1], true);
        }
        Random random = new Random(SEED);
        Map<Result, Integer> results = new EnumMap<>(Result.class);
        for (int at = 0; at < whole.length; at++) {
            // Chronicle's index fills most of the file; nobody reads it.
            if (!inExcerpt[at] && !THOROUGH && at > 1024 && random.nextInt(100) > 0) {
                continue;
            }
            int one = random.nextInt(8);
            for (int bit = 0; bit < 8; bit++) {
                if (bit == one || (THOROUGH && inExcerpt[at])) {
                    overwrite(data(), at, (byte) (whole[at] ^ (1 << bit)));
                    String what = "seed " + SEED + ", bit " + bit + " of byte " + at + " flipped";
                    Result result = open(directory, what);
                    results.merge(result, 1, Integer::sum);
                    if (inExcerpt[at]) {
                        assertThat(result).as(what).isNotEqualTo(Result.UNHARMED);
                    }
                }
            }
            overwrite(data(), at, whole[at]);
        }
        assertThat(open(directory, "as it was")).isEqualTo(Result.UNHARMED);
        assertThat(results).containsKeys(Result.REFUSED, Result.CUT, Result.UNHARMED);
    }

    @Test
    @DisplayName("One that says what instructions wrote, changed or cut anywhere, is noticed, too")
    void values() throws Exception {
        directory = temp.resolve("values");
        RunOptions options = Deck.options(List.of(), 700).withDetail(Detail.VALUES);
        Recorder.record(Deck.assemble("loop", Deck.LOOP), options, call -> {}, directory);
        read();
        Random random = new Random(SEED);
        List<int[]> excerpts = excerpts();
        for (int i = 0; i < 300; i++) {
            int[] excerpt = excerpts.get(i % excerpts.size());
            int at = excerpt[0] + random.nextInt(excerpt[1]);
            int bit = random.nextInt(8);
            overwrite(data(), at, (byte) (whole[at] ^ (1 << bit)));
            String what = "seed " + SEED + ", values, bit " + bit + " of byte " + at + " flipped";
            assertThat(open(directory, what)).as(what).isNotEqualTo(Result.UNHARMED);
            overwrite(data(), at, whole[at]);
        }
        assertThat(open(directory, "as it was")).isEqualTo(Result.UNHARMED);
        int[] last = excerpts.get(excerpts.size() - 1);
        for (int length = last[0] + last[1] - 1; length > 0; length -= 1 + random.nextInt(800)) {
            try (FileChannel channel = FileChannel.open(data(), StandardOpenOption.WRITE)) {
                channel.truncate(length);
            }
            String what = "seed " + SEED + ", values, cut at " + length;
            assertThat(open(directory, what)).as(what).isNotEqualTo(Result.UNHARMED);
        }
    }

    @Test
    @DisplayName("A small recording cut behind any byte of its excerpts: a sentence, or what is before the cut")
    void cutEverywhere() throws Exception {
        recordSmall();
        int first = excerpts().get(0)[0];
        int[] last = excerpts().get(excerpts().size() - 1);
        for (int length = last[0] + last[1] - 1; length >= first - 8; length -= THOROUGH ? 1 : 7) {
            try (FileChannel channel = FileChannel.open(data(), StandardOpenOption.WRITE)) {
                channel.truncate(length);
            }
            assertThat(open(directory, "cut at " + length)).isNotEqualTo(Result.UNHARMED);
        }
    }

    @Test
    @DisplayName("Any byte of a small packed recording, changed, is noticed")
    void packedFlippedBits() throws Exception {
        recordSmall();
        Path packed = temp.resolve("p.rec");
        Pack.pack(directory, packed);
        byte[] bytes = Files.readAllBytes(packed);
        Random random = new Random(SEED);
        for (int at = 0; at < bytes.length; at++) {
            int one = random.nextInt(8);
            for (int bit = 0; bit < 8; bit++) {
                if (bit == one || THOROUGH) {
                    overwrite(packed, at, (byte) (bytes[at] ^ (1 << bit)));
                    String what = "seed " + SEED + ", packed, bit " + bit + " of byte " + at + " flipped";
                    assertThat(open(packed, what)).as(what).isNotEqualTo(Result.UNHARMED);
                }
            }
            overwrite(packed, at, bytes[at]);
        }
        assertThat(open(packed, "as it was")).isEqualTo(Result.UNHARMED);
    }

    @Test
    @DisplayName("A page of zeros anywhere in a packed recording is noticed")
    void packedPagesOfZeros() throws Exception {
        Path packed = temp.resolve("p.rec");
        Pack.pack(directory, packed);
        byte[] bytes = Files.readAllBytes(packed);
        for (int page = 0; page * 4096 < bytes.length; page++) {
            byte[] changed = bytes.clone();
            Arrays.fill(changed, page * 4096, Math.min(bytes.length, (page + 1) * 4096), (byte) 0);
            Files.write(packed, changed);
            assertThat(open(packed, "page " + page + " zeroed")).isNotEqualTo(Result.UNHARMED);
        }
    }

    /** Another recording in place of the one that is always there: three blocks, two checkpoints. */
    private void recordSmall() throws RecordingException, IOException {
        directory = temp.resolve("small");
        RunOptions options = Deck.options(List.of(), 700);
        Recorder.record(Deck.assemble("loop", Deck.LOOP), options, call -> {}, directory);
        read();
    }

    private static void overwrite(Path file, int at, byte value) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {value}), at);
        }
    }

    /** Position and length of the data documents of the queue file. */
    private List<int[]> excerpts() {
        ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
        List<int[]> excerpts = new java.util.ArrayList<>();
        int position = 0;
        while (position + 4 <= whole.length && bytes.getInt(position) != 0) {
            int header = bytes.getInt(position);
            int length = header & 0x3FFF_FFFF;
            if ((header & 0x4000_0000) == 0) {
                excerpts.add(new int[] {position + 4, length});
            }
            position = (position + 4 + length + 3) & ~3;
        }
        assertThat(excerpts).hasSizeGreaterThan(5);
        return excerpts;
    }

    @Test
    @DisplayName("A changed byte anywhere in the file is noticed, or in a place that does not matter")
    void changedBytesAnywhere() throws Exception {
        Random random = new Random(SEED);
        for (int i = 0; i < 150; i++) {
            int at = i < 30 ? i * 8 : random.nextInt(whole.length);
            byte[] changed = whole.clone();
            changed[at] = (byte) random.nextInt(256);
            Files.write(data(), changed);
            open(directory, "seed " + SEED + ", byte " + at + " changed");
        }
    }

    @Test
    void pagesOfZeros() throws Exception {
        for (int page = 0; page * 4096 < whole.length; page++) {
            byte[] changed = whole.clone();
            Arrays.fill(changed, page * 4096, Math.min(whole.length, (page + 1) * 4096), (byte) 0);
            Files.write(data(), changed);
            String what = "page " + page + " zeroed";
            Result result = open(directory, what);
            if (page * 4096 > 66_000) {
                assertThat(result).as(what).isNotEqualTo(Result.UNHARMED);
            }
        }
    }

    @Test
    @DisplayName("Without its data file or its directory it is refused; files beside it neither help nor disturb")
    void missingAndExtraFiles() throws Exception {
        // What a killed recorder leaves, and what somebody else may have put there.
        for (String name : List.of("writing.lock", "metadata.cq4t", "19700102F.cq4", "notes.txt")) {
            Files.writeString(directory.resolve(name), "something");
            assertThat(open(directory, "with " + name)).isEqualTo(Result.UNHARMED);
        }
        Files.delete(data());
        assertThat(open(directory, "without data")).isEqualTo(Result.REFUSED);
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> Recording.open(directory))
                .withMessageContaining("was stopped before it had written anything");
        for (String name : List.of("writing.lock", "metadata.cq4t", "19700102F.cq4", "notes.txt")) {
            Files.delete(directory.resolve(name));
        }
        assertThat(open(directory, "empty")).isEqualTo(Result.REFUSED);
        Files.createDirectory(data());
        assertThat(open(directory, "a directory in place of the data")).isEqualTo(Result.REFUSED);
        Files.delete(data());
        Files.delete(directory);
        assertThat(open(directory, "gone")).isEqualTo(Result.REFUSED);
    }

    @Test
    @DisplayName("One that becomes shorter, or loses bytes, while it is open is a sentence where that is read")
    void shrinksWhileItIsRead() throws Exception {
        Path packed = temp.resolve("p.rec");
        Pack.pack(directory, packed);
        byte[] packedBytes = Files.readAllBytes(packed);
        Random random = new Random(SEED);
        for (int i = 0; i < 60; i++) {
            boolean pack = i % 2 == 0;
            Path path = pack ? packed : directory;
            byte[] bytes = pack ? packedBytes : whole;
            Path file = pack ? packed : data();
            int length = i < 4 ? 0 : bytes.length / 2 + random.nextInt(bytes.length / 2);
            String what = "seed " + SEED + ", " + path + " cut at " + length + " while it is open";
            try (Recording recording = Recording.open(path)) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.truncate(length);
                }
                Replay.verify(recording);
                // Of a packed one the last chunk is still in memory.
                assertThat(pack).as(what).isTrue();
            } catch (RecordingException e) {
                assertThat(e.getMessage()).as(what).contains("has changed since the recording was opened");
            } catch (UncheckedIOException e) {
                assertThat(e.getMessage())
                        .as(what)
                        .startsWith("excerpt ")
                        .contains("has changed since the recording was opened");
            }
            Files.write(file, bytes);
        }
    }

    @Test
    @DisplayName("What a later version adds and a replay does not need is skipped, in directories and packed files")
    void optionalExcerpts() throws Exception {
        Path longer = temp.resolve("longer");
        Excerpts.withOptional(directory, longer);
        Path packed = temp.resolve("longer.rec");
        try (Recording expected = Recording.open(directory);
                Recording recording = Recording.open(longer)) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.outcome()).isEqualTo(expected.outcome());
            assertThat(recording.blocks()).isEqualTo(expected.blocks());
            assertThat(recording.checkpoints()).isEqualTo(expected.checkpoints());
            Replay.verify(recording);
            Pack.pack(recording, packed);
        }
        try (Recording recording = Recording.open(packed)) {
            assertThat(recording.damage()).isEmpty();
            Replay.verify(recording);
        }
    }

    @Test
    void excerptsTakenOutOrSwapped() throws Exception {
        try (var log = ChronicleLog.openForReading(directory)) {
            for (long gone = 0; gone < log.size(); gone += 7) {
                long missing = gone;
                Path forged = temp.resolve("without" + gone);
                Excerpts.rewriteBytes(directory, forged, (number, bytes) -> number == missing ? null : bytes);
                Result result = open(forged, "without excerpt " + gone);
                assertThat(result).isEqualTo(gone == 0 ? Result.REFUSED : Result.CUT);
            }
        }
    }

    @Test
    @DisplayName(
            "Also what has right checksums is checked: payloads of noise give a sentence, not an exception of Java's")
    void forgedPayloads() throws Exception {
        Random random = new Random(SEED);
        for (int i = 0; i < 120; i++) {
            Path forged = temp.resolve("forged" + i);
            int victim = random.nextInt(i % 3 == 0 ? 4 : 60);
            int round = i;
            Excerpts.rewrite(directory, forged, (number, kind, payload) -> {
                if (number != victim) {
                    return payload;
                }
                if (round % 2 == 0) {
                    byte[] noise = new byte[random.nextInt(300)];
                    random.nextBytes(noise);
                    return noise;
                }
                byte[] changed = payload.clone();
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                return changed;
            });
            String what = "seed " + SEED + ", forgery " + i + " of excerpt " + victim;
            try (Recording recording = Recording.open(forged)) {
                Replay.verify(recording);
                for (int c = 0; c < recording.checkpoints().size(); c++) {
                    recording.snapshot(c);
                }
                LogWalk.walk(recording, 0, entry -> true);
            } catch (RecordingException | dev.tapedeck.harness.replay.ReplayException e) {
                assertThat(e.getMessage()).as(what).isNotBlank();
            }
        }
    }

    @Test
    void packedFilesCutAnywhere() throws Exception {
        Path packed = temp.resolve("p.rec");
        Pack.pack(directory, packed);
        byte[] bytes = Files.readAllBytes(packed);
        Random random = new Random(SEED);
        for (int i = 0; i < 100; i++) {
            int length = i < 30 ? i : random.nextInt(bytes.length);
            Files.write(packed, Arrays.copyOf(bytes, length));
            assertThat(open(packed, "packed, cut at " + length)).isNotEqualTo(Result.UNHARMED);
        }
    }

    @Test
    void packedFilesWithChangedBytes() throws Exception {
        Path packed = temp.resolve("p.rec");
        Pack.pack(directory, packed);
        byte[] bytes = Files.readAllBytes(packed);
        Random random = new Random(SEED);
        for (int i = 0; i < 200; i++) {
            int at = i < 30 ? i : i < 50 ? bytes.length - 1 - (i - 30) : random.nextInt(bytes.length);
            byte[] changed = bytes.clone();
            changed[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(packed, changed);
            String what = "seed " + SEED + ", packed, byte " + at + " changed";
            assertThat(open(packed, what)).as(what).isNotEqualTo(Result.UNHARMED);
        }
        Files.write(packed, Arrays.copyOf(bytes, bytes.length + 5));
        assertThat(open(packed, "packed, something added")).isEqualTo(Result.CUT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1 << 20, (1 << 20) + 1, Integer.MAX_VALUE})
    void packedFilesWithAbsurdLengths(int length) throws Exception {
        Path packed = temp.resolve("p.rec");
        Pack.pack(directory, packed);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(packed)).order(ByteOrder.LITTLE_ENDIAN);
        for (int offset = 8; offset <= 24; offset += 4) {
            byte[] changed = bytes.array().clone();
            ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, length);
            Files.write(packed, changed);
            assertThat(open(packed, "packed, " + length + " at " + offset)).isNotEqualTo(Result.UNHARMED);
        }
    }

    @Test
    void aDamagedRecordingCanBePackedUpToTheDamage() throws Exception {
        Files.write(data(), Arrays.copyOf(whole, whole.length - 900));
        long reaches;
        try (Recording recording = Recording.open(directory)) {
            reaches = recording.icountEnd();
        }
        Path packed = temp.resolve("p.rec");
        Pack.pack(directory, packed);
        try (Recording recording = Recording.open(packed)) {
            assertThat(recording.damage()).isPresent();
            assertThat(recording.icountEnd()).isEqualTo(reaches).isPositive();
        }
    }

    @Test
    void packingDoesNotTouchAFileThatItCannotReplace() throws Exception {
        Path target = Files.createDirectory(temp.resolve("target"));
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> Pack.pack(directory, target))
                .withMessageContaining("is a directory");
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> Pack.pack(temp.resolve("missing"), temp.resolve("p.rec")))
                .withMessageContaining("there is no recording");
        assertThat(temp.resolve("p.rec")).doesNotExist();
    }
}
