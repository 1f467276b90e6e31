package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("R3: what goes wrong in writing is never the program's fault")
class WriteFailureTest {
    /** Host calls whose entries fill several excerpts a block. */
    private static final VerifiedProgram CALLER = Deck.assemble("caller", """
            .memory 1 1
            .import env.step()
            .func main()
              .local i: i32
              i32.const 100
              local.set i
            again:
              call_host env.step
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              return
            .end
            .entry main
            """);

    private static Outcome record(ExcerptLog log, Consumer<Machine> watcher) throws RecordingException {
        return Recorder.record(
                CALLER,
                Deck.options(List.of(), 1 << 20),
                call -> call.writeMemory(0, new byte[60_000]),
                () -> log,
                null,
                watcher);
    }

    /** A log in memory whose appends fail from some excerpt on. */
    private static final class Failing implements ExcerptLog {
        private final List<byte[]> excerpts = new ArrayList<>();
        private final int failsAt;
        private final Throwable failure;
        private boolean closed;

        Failing(int failsAt, Throwable failure) {
            this.failsAt = failsAt;
            this.failure = failure;
        }

        @Override
        public void append(byte[] excerpt) {
            assertThat(closed).isFalse();
            if (excerpts.size() == failsAt) {
                if (failure instanceof RuntimeException exception) {
                    throw exception;
                }
                throw (Error) failure;
            }
            excerpts.add(excerpt);
        }

        @Override
        public long size() {
            return excerpts.size();
        }

        @Override
        public byte[] read(long index) {
            return excerpts.get((int) index);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    @DisplayName(
            "an exception of the log's is one of the recording's, wherever it happens, and the program runs on until then")
    void exceptions() throws Exception {
        Failing whole = new Failing(-1, new IllegalStateException());
        assertThat(record(whole, machine -> {}).kind()).isEqualTo(Outcome.Kind.RETURNED);
        assertThat(whole.excerpts).hasSizeGreaterThan(50);
        for (int i = 0; i < whole.excerpts.size(); i++) {
            IllegalStateException failure = new IllegalStateException("the queue is closed");
            Failing log = new Failing(i, failure);
            assertThatExceptionOfType(RecordingException.class)
                    .as("at excerpt %d", i)
                    .isThrownBy(() ->
                            record(log, machine -> assertThat(machine.status()).isNotEqualTo(Status.FAULTED)))
                    .withMessage(
                            "the recording cannot be written: java.lang.IllegalStateException: the queue is closed;"
                                    + " what was recorded before stays readable")
                    .withCause(failure);
            assertThat(log.closed).isTrue();
            assertThat(log.excerpts).hasSize(i);
        }
    }

    @Test
    @DisplayName("an error of Java's stays one")
    void errors() {
        for (int i = 0; i < 50; i++) {
            OutOfMemoryError failure = new OutOfMemoryError("no heap");
            Failing log = new Failing(i, failure);
            assertThatThrownBy(() ->
                            record(log, machine -> assertThat(machine.status()).isNotEqualTo(Status.FAULTED)))
                    .as("at excerpt %d", i)
                    .isSameAs(failure);
        }
    }

    @Test
    @DisplayName("R2: what one call writes is limited; more is an error to the host before anything is written or kept")
    void writtenBytes() {
        long max = 348;
        List<HostException> caught = new ArrayList<>();
        Host host = call -> {
            for (int i = 0; i < 3; i++) {
                call.writeMemory(i * 100L, new byte[] {1});
            }
            // After 3 * 17 bytes; the empty one, too, takes its place in the recording.
            call.writeMemory(0, new byte[0]);
            call.writeMemory(1000, new byte[(int) max - 3 * 17 - 2 * 16]);
            for (byte[] more : List.of(new byte[0], new byte[] {7}, new byte[60_000])) {
                try {
                    call.writeMemory(0, more);
                } catch (HostException e) {
                    caught.add(e);
                }
            }
        };
        List<Recording.HostCallRecord> calls = new ArrayList<>();
        Machine machine =
                new Machine(CALLER, new RecordingHost(CALLER.program(), host, calls::add, max), Limits.DEFAULT);
        machine.start(CALLER.program().entry(), new long[0]);
        machine.run(Long.MAX_VALUE);
        assertThat(machine.status()).isEqualTo(Status.RETURNED);
        assertThat(calls).hasSize(100).allMatch(call -> call.writes().size() == 5);
        assertThat(caught).hasSize(300);
        assertThat(caught.get(2))
                .hasMessage("the call has written so much to memory that 60000 bytes more do not fit into a recording,"
                        + " which holds 348 bytes of one call, 16 besides for each write; write less in one call");
        assertThat(machine.readMemory(0, 1)).containsExactly(1);
    }

    @Test
    @DisplayName("R2: what one call may write fits into an excerpt, whatever else it and the calls before it have")
    void fits() {
        long cells = 2L * 8 * ProgramLimits.PARAMETERS_MAX;
        assertThat((long) HostCallsDescriptor.WRITTEN_BYTES_MAX + HostCallsDescriptor.GATHERED_BYTES + cells + 100)
                .isLessThan(HostCallsDescriptor.ENTRIES_BYTES_MAX);
    }
}
