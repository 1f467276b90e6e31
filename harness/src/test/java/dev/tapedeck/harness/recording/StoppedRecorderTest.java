package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.replay.Replay;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
@DisplayName(
        "R5: what a recorder that is stopped loses, although its disk is slow, so that always as much waits as may")
class StoppedRecorderTest {
    /** Enough for all that may wait to be full, and to be written within the time that there is. */
    private static final int BLOCKS = 40;

    @TempDir
    private Path temp;

    /** The process that is stopped. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws Exception {
            RecordedProgram program = RecordedProgram.noise(1L << 50);
            try (FileChannel file = FileChannel.open(
                    Path.of(args[1]), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                MappedByteBuffer progress = file.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
                Recorder.record(
                        program.program(),
                        program.options(),
                        program.host().get(),
                        () -> new Slow(ChronicleLog.create(Path.of(args[0]))),
                        null,
                        machine -> progress.putLong(0, machine.icount()));
            }
        }
    }

    /** A log on a slow disk. */
    private record Slow(ExcerptLog log) implements ExcerptLog {
        private static final long NANOS = 25_000_000;

        @Override
        public void append(byte[] excerpt) throws IOException {
            LockSupport.parkNanos(NANOS);
            log.append(excerpt);
        }

        @Override
        public long size() {
            return log.size();
        }

        @Override
        public byte[] read(long index) throws IOException {
            return log.read(index);
        }

        @Override
        public Optional<String> problem() {
            return log.problem();
        }

        @Override
        public void close() {
            log.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("by SIGTERM: nothing of the blocks that were complete; by SIGKILL: so many as may wait, and no more")
    void stopped(boolean killed) throws Exception {
        int block = RecordedProgram.noise(1).options().blockInstructions();
        Path directory = temp.resolve("r");
        Path progress = temp.resolve("progress");
        Path output = temp.resolve("output");
        Process victim = ChildJvm.start(ChildJvm.command(Victim.class, directory, progress), output);
        long icount = 0;
        try {
            while (icount < (long) BLOCKS * block) {
                assertThat(victim.isAlive()).as(Files.readString(output)).isTrue();
                Thread.sleep(1);
                icount = icount(progress);
            }
            if (killed) {
                victim.destroyForcibly();
            } else {
                victim.destroy();
            }
            victim.waitFor();
        } finally {
            victim.destroyForcibly().waitFor();
        }
        assertThat(output).isEmptyFile();
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.damage().orElseThrow()).contains("was cut");
            assertThat(recording.icountEnd())
                    .isGreaterThanOrEqualTo(killed ? icount(progress) - (Conveyor.WAITING_MAX + 2L) * block : icount);
            assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
        }
    }

    private static long icount(Path progress) throws IOException {
        byte[] bytes = Files.exists(progress) ? Files.readAllBytes(progress) : new byte[0];
        return bytes.length < Long.BYTES ? 0 : ByteBuffer.wrap(bytes).getLong();
    }
}
