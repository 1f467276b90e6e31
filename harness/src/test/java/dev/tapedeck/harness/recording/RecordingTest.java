package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.recording.Recording.Block;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordingTest {
    private static final String ALL = "dev.tapedeck.harness.recording.Deck#all";

    @TempDir
    Path temp;

    private Path record(Deck deck, String name) throws RecordingException {
        Path directory = temp.resolve(name);
        Recorder.record(deck.program(), deck.options(), deck.host(), directory);
        return directory;
    }

    private static Deck deck(String name) {
        return Deck.all().filter(deck -> deck.name().equals(name)).findFirst().orElseThrow();
    }

    private static Path data(Path directory) {
        return directory.resolve("19700101F.cq4");
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void theSameRunGivesTheSameBytes(Deck deck) throws Exception {
        Path a = record(deck, "a");
        Path b = record(deck, "b");
        assertThat(data(a)).hasSameBinaryContentAs(data(b));
        Pack.pack(a, temp.resolve("a.rec"));
        Pack.pack(b, temp.resolve("b.rec"));
        assertThat(temp.resolve("a.rec")).hasSameBinaryContentAs(temp.resolve("b.rec"));
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void checkpointsHoldTheirStates(Deck deck) throws Exception {
        try (Recording recording = Recording.open(record(deck, "r"))) {
            assertThat(recording.checkpoints().get(0).icount()).isZero();
            assertThat(recording.checkpoints())
                    .hasSize(1
                            + (int) ((recording.icountEnd() - 1)
                                    / deck.options().checkpoints().value()));
            for (int i = recording.checkpoints().size() - 1; i >= 0; i--) {
                assertThat(recording.restorable(i)).isTrue();
                assertThat(StateDigest.of(recording.snapshot(i)))
                        .isEqualTo(recording.checkpoints().get(i).stateDigest());
            }
        }
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void packedAndUnpackedItIsTheSameRecording(Deck deck) throws Exception {
        Path directory = record(deck, "r");
        Path packed = temp.resolve("below/r.rec");
        Pack.pack(directory, packed);
        Path unpacked = temp.resolve("u");
        Pack.unpack(packed, unpacked);
        assertThat(data(unpacked)).hasSameBinaryContentAs(data(directory));
        Path again = temp.resolve("again.rec");
        Pack.pack(packed, again);
        assertThat(again).hasSameBinaryContentAs(packed);
        try (Recording a = Recording.open(directory);
                Recording b = Recording.open(packed)) {
            assertThat(b.damage()).isEmpty();
            assertThat(b.blocks()).isEqualTo(a.blocks());
            assertThat(b.checkpoints()).isEqualTo(a.checkpoints());
            assertThat(b.interrupts()).isEqualTo(a.interrupts());
            assertThat(b.outcome()).isEqualTo(a.outcome());
            assertThat(b.logBytes()).isEqualTo(a.logBytes());
            assertThat(Replay.verify(b)).isEqualTo(a.icountEnd());
        }
    }

    @Test
    void twoRunsWithTheSameBeginningHaveTheSameBlocks() throws Exception {
        Deck calm = deck("interrupts");
        List<ScheduledInterrupt> interrupts = new ArrayList<>(calm.options().interrupts());
        interrupts.removeIf(interrupt -> interrupt.icount() >= 4000);
        interrupts.add(new ScheduledInterrupt(4001, 3, 1));
        Deck other = new Deck("other", calm.program(), Deck.options(interrupts, 1 << 20));
        try (Recording a = Recording.open(record(calm, "a"));
                Recording b = Recording.open(record(other, "b"))) {
            int first = 0;
            while (a.blocks().get(first).equals(b.blocks().get(first))) {
                first++;
            }
            assertThat(a.blocks().get(first).start()).isEqualTo(4000 / 256 * 256);
            for (int i = first; i < Math.min(a.blocks().size(), b.blocks().size()); i++) {
                assertThat(a.blocks().get(i).chainDigest())
                        .as("once different, the chain stays different")
                        .isNotEqualTo(b.blocks().get(i).chainDigest());
            }
        }
    }

    @Test
    void blocksAreWithoutGapsAndEndAtMultiples() throws Exception {
        try (Recording recording = Recording.open(record(deck("fibonacci"), "r"))) {
            long end = 0;
            for (Block block : recording.blocks()) {
                assertThat(block.start()).isEqualTo(end);
                end = block.end();
                assertThat(end % 256 == 0 || end == recording.icountEnd()).isTrue();
            }
            assertThat(end).isEqualTo(recording.icountEnd());
        }
    }

    @Test
    void checkpointsOfAnOrdinaryRunAreFarApart() throws Exception {
        VerifiedProgram program = Deck.assemble("long", """
                .func main()
                  .local i: i32
                  i32.const 12_000_000
                  local.set i
                again:
                  local.get i
                  i32.const 1
                  i32.sub
                  local.tee i
                  br_if again
                  return
                .end
                .entry main
                """);
        Recorder.record(program, RunOptions.DEFAULT, call -> {}, temp.resolve("r"));
        try (Recording recording = Recording.open(temp.resolve("r"))) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.icountEnd()).isEqualTo(60_000_003);
            assertThat(recording.checkpoints().stream()
                            .map(Recording.Checkpoint::icount)
                            .toList())
                    // The run ends in its 58th block. Behind the second of these come those near its end.
                    .containsExactly(0L, 1L << 25, 48L << 20, 52L << 20, 54L << 20, 56L << 20, 57L << 20);
            for (int i = 0; i < recording.checkpoints().size(); i++) {
                assertThat(StateDigest.of(recording.snapshot(i)))
                        .isEqualTo(recording.checkpoints().get(i).stateDigest());
            }
            Replay.verify(recording);
        }
    }

    @Test
    void interruptsAndHostCallsAreThereWithAllTheyBrought() throws Exception {
        try (Recording recording = Recording.open(record(deck("interrupts"), "i"))) {
            assertThat(recording.interrupts()).hasSizeGreaterThan(50);
            assertThat(recording.interrupts().get(0)).isEqualTo(new Recording.Interrupt(100, 3, 300));
            assertThat(recording.interrupts())
                    .allSatisfy(interrupt -> assertThat(interrupt.icount()).isLessThan(recording.icountEnd()));
        }
        try (Recording recording = Recording.open(record(deck("host"), "h"))) {
            HostCallRecord input = recording.hostCalls().get(0);
            assertThat(recording
                            .program()
                            .program()
                            .imports()
                            .get(input.hostImport())
                            .qualifiedName())
                    .isEqualTo("tape.input");
            assertThat(input.arguments()).containsExactly(4096L, 16L);
            assertThat(input.results()).containsExactly(16L);
            assertThat(input.writes()).hasSize(1);
            assertThat(input.writes().get(0).address()).isEqualTo(4096);
            assertThat(new String(input.writes().get(0).bytes(), java.nio.charset.StandardCharsets.UTF_8))
                    .isEqualTo("The quick brown ");
            HostCallRecord exit =
                    recording.hostCalls().get(recording.hostCalls().size() - 1);
            assertThat(exit.halt()).contains(3);
            assertThat(recording.outcome().orElseThrow().exitCode()).isEqualTo(3);
        }
    }

    @Test
    void aFailingHostIsRecordedAndReplayed() throws Exception {
        Deck deck = deck("host");
        for (boolean unchecked : List.of(true, false)) {
            Path directory = temp.resolve("r" + unchecked);
            int[] calls = {0};
            Outcome outcome = Recorder.record(
                    deck.program(),
                    deck.options(),
                    call -> {
                        if (++calls[0] == 50) {
                            call.writeMemory(0, new byte[] {1});
                            if (unchecked) {
                                throw new IllegalStateException("the host broke");
                            }
                            throw new HostException("no paper");
                        }
                        if (call.hostImport().name().equals("input")) {
                            call.setResult(0, 3);
                        }
                    },
                    directory);
            assertThat(outcome.kind()).isEqualTo(Outcome.Kind.FAULTED);
            assertThat(outcome.words()).contains("host_error", unchecked ? "the host broke" : "no paper");
            try (Recording recording = Recording.open(directory)) {
                assertThat(recording.damage()).isEmpty();
                assertThat(Replay.verify(recording)).isEqualTo(outcome.icount());
                assertThat(recording
                                .hostCalls()
                                .get(recording.hostCalls().size() - 1)
                                .error())
                        .isPresent();
                Replay replay = new Replay(recording);
                replay.seek(outcome.icount());
                assertThat(replay.machine().fault()).isEmpty();
                assertThat(replay.step()).isFalse();
                assertThat(replay.machine().fault()).isEqualTo(outcome.fault());
                replay.seek(outcome.icount());
                assertThat(replay.machine().fault()).isEmpty();
            }
        }
    }

    /** Reads what its host has written to both of its memories. */
    private static final Deck TWO_MEMORIES =
            new Deck("two memories", Deck.assemble("two memories", """
                    .memory 1
                    .memory 1
                    .import env.fill() -> ()
                    .func main() -> i32
                      .local i: i32, sum: i32
                    again:
                      call_host env.fill
                      i32.const 100
                      i32.load8_u memory1
                      i32.const 100
                      i32.load8_u
                      i32.sub
                      local.get sum
                      i32.add
                      local.set sum
                      local.get i
                      i32.const 1
                      i32.add
                      local.tee i
                      i32.const 90
                      i32.lt_s
                      br_if again
                      local.get sum
                      return
                    .end
                    .entry main
                    """), Deck.options(List.of(), 1 << 20));

    private static void fillMemories(HostCall call) throws HostException {
        call.writeMemory(1, 100, new byte[] {(byte) (call.icount() % 50)});
        call.writeMemory(100, new byte[] {3});
    }

    @Test
    @DisplayName("what a host writes to another memory than the first is recorded, and replayed to that memory")
    void otherMemories() throws Exception {
        Path directory = temp.resolve("r");
        Outcome outcome =
                Recorder.record(TWO_MEMORIES.program(), TWO_MEMORIES.options(), RecordingTest::fillMemories, directory);
        assertThat(outcome.results().get(0)).isGreaterThan(90L);
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.hostCalls()).hasSize(90);
            assertThat(recording.hostCalls().get(7).writes())
                    .extracting(Recording.MemoryWrite::memory)
                    .containsExactly(1, 0);
            assertThat(Replay.verify(recording)).isEqualTo(outcome.icount());
        }
    }

    @Test
    @DisplayName("what a host writes to a memory that is not there fails, and is damage in a recording")
    void missingMemories() throws Exception {
        Path directory = temp.resolve("r");
        Outcome outcome = Recorder.record(
                TWO_MEMORIES.program(),
                TWO_MEMORIES.options(),
                call -> {
                    if (call.icount() > 300) {
                        call.writeMemory(2, 0, new byte[0]);
                    }
                    fillMemories(call);
                },
                directory);
        assertThat(outcome.words()).contains("there is no memory 2");
        Path forged = temp.resolve("forged");
        Excerpts.rewrite(directory, forged, (number, kind, payload) -> {
            try {
                return kind == Frame.Kind.HOST_CALLS ? moved(payload) : payload;
            } catch (RecordingException e) {
                throw new AssertionError(e);
            }
        });
        try (Recording recording = Recording.open(forged)) {
            assertThat(recording.damage().orElseThrow())
                    .contains("it has a write to memory 2, the program has 2", "reaches up to instruction count 0");
        }
    }

    /** Host calls with each write in the memory behind. */
    private static byte[] moved(byte[] payload) throws RecordingException {
        return new HostCallsDescriptor(HostCallsDescriptor.decode(payload).calls().stream()
                        .map(call -> new HostCallRecord(
                                call.icount(),
                                call.hostImport(),
                                call.arguments(),
                                call.results(),
                                call.writes().stream()
                                        .map(write -> new Recording.MemoryWrite(
                                                write.memory() + 1, write.address(), write.bytes()))
                                        .toList(),
                                call.halt(),
                                call.error()))
                        .toList())
                .encode();
    }

    @Test
    void largeHostWritesAreSplitAndJoined() throws Exception {
        Deck deck = new Deck("large", Deck.assemble("large", """
                        .memory 40
                        .func main()
                          i32.const 16
                          i32.const 2000000
                          call_host tape.input
                          drop
                          return
                        .end
                        .entry main
                        """), Deck.options(List.of(), 100));
        byte[] large = new byte[2_000_000];
        new java.util.Random(5).nextBytes(large);
        Path directory = temp.resolve("r");
        Recorder.record(
                deck.program(),
                deck.options(),
                call -> {
                    call.writeMemory(16, large);
                    call.setResult(0, large.length);
                },
                directory);
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.hostCalls().get(0).writes().get(0).bytes()).isEqualTo(large);
            Replay.verify(recording);
        }

        // Whoever looks while such a one is written, or after its writer died there, sees its first parts only.
        int[] parts = {0};
        Path cut = temp.resolve("cut");
        Excerpts.rewriteBytes(
                directory,
                cut,
                (number, excerpt) -> excerpt[1] == 0 && parts[0] == 0 ? excerpt : parts[0]++ < 3 ? excerpt : null);
        try (Recording recording = Recording.open(cut)) {
            assertThat(recording.damage().orElseThrow()).contains("was cut").doesNotContain("is damaged");
            assertThat(recording.live()).isFalse();
        }
        Path live = temp.resolve("live");
        try (ExcerptLog in = ChronicleLog.openForReading(cut);
                ExcerptLog out = ChronicleLog.create(live)) {
            for (long i = 0; i < in.size(); i++) {
                out.append(in.read(i));
            }
            try (Recording recording = Recording.open(live)) {
                assertThat(recording.live()).isTrue();
                assertThat(recording.damage().orElseThrow()).contains("still being written");
            }
        }
    }

    @Test
    void injectionsReplayFromTheHeader() throws Exception {
        Deck clean = deck("loop");
        RunOptions options = new RunOptions(
                "",
                List.of(),
                7,
                List.of(),
                1 << 20,
                clean.options().limits(),
                256,
                CheckpointSpacing.instructions(1024),
                List.of(new Injection(5002, new Location.Local(0, 1), 4)));
        Path directory = temp.resolve("r");
        Outcome outcome = Recorder.record(clean.program(), options, clean.host(), directory);
        assertThat(outcome).isNotEqualTo(Recorder.run(clean.program(), clean.options(), clean.host()));
        assertThat(outcome).isEqualTo(Recorder.run(clean.program(), options, clean.host()));
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.options()).isEqualTo(options);
            Replay.verify(recording);
            Replay replay = new Replay(recording);
            replay.seek(9000);
            replay.seek(5003);
            replay.seek(5002);
            replay.seek(5001);
            replay.seek(Long.MAX_VALUE);
            assertThat(StateDigest.of(replay.machine().snapshot())).isEqualTo(outcome.stateDigest());
        }
    }

    @Test
    void anInjectionWithoutAPlaceIsRefusedWithASentence() {
        Deck deck = deck("loop");
        RunOptions options = new RunOptions(
                "",
                List.of(),
                0,
                List.of(),
                1 << 20,
                Limits.DEFAULT,
                256,
                CheckpointSpacing.instructions(1024),
                List.of(new Injection(50, new Location.Local(7, 0), 1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Recorder.record(deck.program(), options, deck.host(), temp.resolve("r")))
                .withMessageContaining("the injection at instruction count 50 cannot be made");
    }

    @Test
    void whatIsPlannedBeyondTheEndDoesNotHappen() throws Exception {
        Deck deck = deck("loop");
        RunOptions options = new RunOptions(
                "",
                List.of(),
                0,
                List.of(new ScheduledInterrupt(1 << 30, 3, 1)),
                1L << 40,
                Limits.DEFAULT,
                256,
                CheckpointSpacing.instructions(1024),
                List.of(new Injection(1 << 30, new Location.Local(7, 0), 1)));
        Path directory = temp.resolve("r");
        Recorder.record(deck.program(), options, deck.host(), directory);
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.interrupts()).isEmpty();
            Replay.verify(recording);
        }
    }

    @Test
    void functionsAndArgumentsCanBeChosen() throws Exception {
        Deck deck = deck("fibonacci");
        RunOptions options = new RunOptions(
                "fib",
                List.of(10L),
                0,
                List.of(),
                1 << 20,
                Limits.DEFAULT,
                256,
                CheckpointSpacing.instructions(1024),
                List.of());
        Path directory = temp.resolve("r");
        assertThat(Recorder.record(deck.program(), options, deck.host(), directory)
                        .results())
                .containsExactly(55L);
        try (Recording recording = Recording.open(directory)) {
            Replay.verify(recording);
        }
        RunOptions unknown = new RunOptions(
                "fob",
                List.of(10L),
                0,
                List.of(),
                1 << 20,
                Limits.DEFAULT,
                256,
                CheckpointSpacing.instructions(1024),
                List.of());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Recorder.record(deck.program(), unknown, deck.host(), temp.resolve("u")))
                .withMessageContaining("has no function 'fob'; it has fib, main");
        assertThat(temp.resolve("u")).doesNotExist();
    }

    @Test
    void aPlaceThatIsTakenIsRefusedAndLeftAlone() throws Exception {
        Deck deck = deck("loop");
        Path directory = record(deck, "r");
        byte[] before = Files.readAllBytes(data(directory));
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> Recorder.record(deck.program(), deck.options(), deck.host(), directory))
                .withMessageContaining("is not empty");
        assertThat(data(directory)).hasBinaryContent(before);
    }

    @Test
    @DisplayName("A replay whose host calls differ says where; it is not taken for a fault")
    void aProgramThatDiffersFromItsRecordingIsNoticed() throws Exception {
        // The same recording with another program in its header: as if the machine had changed.
        Deck deck = deck("host");
        Path directory = record(deck, "r");
        String changed = Deck.HOST.replace("i64.xor", "i64.or");
        byte[] payload = new HeaderDescriptor(
                        dev.tapedeck.vm.format.BcWriter.write(
                                Deck.assemble("host", changed).program()),
                        deck.options())
                .encode();
        Path forged = temp.resolve("forged");
        // Later states would not fit the changed program.
        Excerpts.rewrite(directory, forged, (number, kind, bytes) -> switch (kind) {
            case HEADER -> payload;
            case CHECKPOINT -> number == 1 ? bytes : null;
            default -> bytes;
        });
        try (Recording recording = Recording.open(forged)) {
            assertThatExceptionOfType(ReplayException.class)
                    .isThrownBy(() -> Replay.verify(recording))
                    .withMessageContaining(
                            "the replay does not reproduce the recording: block 0 (instruction counts 0 to 256)")
                    .withMessageContaining("in main+");
            Replay replay = new Replay(recording);
            assertThatExceptionOfType(ReplayException.class)
                    .isThrownBy(() -> replay.seek(recording.icountEnd()))
                    .withMessageContaining("the replay calls tape.print_i64(")
                    .withMessageContaining("the recording has tape.print_i64(");
        }
    }

    @Test
    void aNewerFormatIsRefusedWithARemedy() throws Exception {
        Path directory = record(deck("loop"), "r");
        Path newer = temp.resolve("newer");
        Excerpts.rewriteBytes(directory, newer, (number, bytes) -> {
            bytes[2] = 2;
            return bytes;
        });
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> Recording.open(newer))
                .withMessage(
                        newer + " cannot be read: it was made by a newer Tapedeck (recording format 2, this one reads"
                                + " up to 1); use that version, or record again with this one");
    }

    @Test
    void aHeaderOfALaterVersionIsReadOrRefusedWithARemedy() throws Exception {
        Path directory = record(deck("loop"), "r");
        for (int flags = 0; flags < 2; flags++) {
            Path later = temp.resolve("later" + flags);
            byte[] field = new PayloadOutput()
                    .i32(1)
                    .u8(9)
                    .u8(0)
                    .u8(flags)
                    .text("something")
                    .toBytes();
            Excerpts.rewrite(
                    directory,
                    later,
                    (number, kind, payload) -> kind == Frame.Kind.HEADER
                            ? new PayloadOutput()
                                    .raw(Arrays.copyOf(payload, payload.length - 4))
                                    .raw(field)
                                    .toBytes()
                            : payload);
            if (flags == 0) {
                try (Recording recording = Recording.open(later)) {
                    assertThat(recording.damage()).isEmpty();
                    assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
                }
            } else {
                assertThatExceptionOfType(RecordingException.class)
                        .isThrownBy(() -> Recording.open(later))
                        .withMessage(later + " cannot be read: it was made by a newer Tapedeck (its header has field 9,"
                                + " which this one does not know); use that version, or record again with this one");
            }
        }
    }

    @Test
    void placesThatAreNoRecordingAreRefusedWithASentence() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "hello");
        Path empty = Files.writeString(temp.resolve("empty"), "");
        for (Path path : List.of(file, empty, temp, temp.resolve("missing"))) {
            assertThatExceptionOfType(RecordingException.class)
                    .isThrownBy(() -> Recording.open(path))
                    .withMessageContaining(path.toString());
        }
    }

    @Test
    void optionsOutOfRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RunOptions(
                        "",
                        List.of(),
                        0,
                        List.of(),
                        100,
                        Limits.DEFAULT,
                        256,
                        CheckpointSpacing.instructions(1000),
                        List.of()))
                .withMessage(
                        "checkpoints every 1000 instructions, expected a multiple of blockInstructions, which is 256");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RunOptions(
                        "",
                        List.of(),
                        0,
                        List.of(),
                        0,
                        Limits.DEFAULT,
                        256,
                        CheckpointSpacing.instructions(1024),
                        List.of()))
                .withMessageContaining("instructionLimit is 0");
    }

    @Test
    void stateDigestsIgnoreHowAStateCameAbout() throws Exception {
        try (Recording recording = Recording.open(record(deck("memory"), "r"))) {
            StateDigest oneByOne = new StateDigest();
            for (int i = 0; i < recording.checkpoints().size(); i += 2) {
                assertThat(oneByOne.next(recording.snapshot(i)))
                        .isEqualTo(StateDigest.of(recording.snapshot(i)))
                        .isEqualTo(recording.checkpoints().get(i).stateDigest());
            }
        }
    }

    @Test
    void outcomesReadWell() {
        assertThat(new Outcome(Outcome.Kind.RETURNED, 1, 0, List.of(5L), Optional.empty(), 0).words())
                .isEqualTo("returned 5 after 1 instruction");
        assertThat(new Outcome(Outcome.Kind.HALTED, 2, 3, List.of(), Optional.empty(), 0).words())
                .isEqualTo("halted with exit code 3 after 2 instructions");
    }

    @Test
    @DisplayName("a stored state that is another one than its digest says is neither restored nor verified")
    void aFalseState() throws Exception {
        Deck deck = deck("interrupts");
        Path whole = record(deck, "whole");
        byte[] changed;
        Recording.Checkpoint second;
        try (Recording recording = Recording.open(whole)) {
            second = recording.checkpoints().get(1);
            changed = changed(deck, recording.snapshot(1), recording.snapshot(0));
        }
        Path forged = temp.resolve("forged");
        byte[] payload = new CheckpointDescriptor(
                        second.icount(), second.stateDigest(), CheckpointDescriptor.Form.DELTA, changed)
                .encode();
        int[] count = {0};
        Excerpts.rewrite(
                whole,
                forged,
                (number, kind, before) -> kind == Frame.Kind.CHECKPOINT && count[0]++ == 1 ? payload : before);
        try (Recording recording = Recording.open(forged)) {
            assertThatExceptionOfType(RecordingException.class)
                    .isThrownBy(() -> recording.snapshot(1))
                    .withMessageContaining("cannot be used: its state is not the one of its digest");
            assertThatExceptionOfType(RecordingException.class)
                    .isThrownBy(() -> recording.snapshot(2))
                    .withMessageContaining("cannot be used: its state is not the one of its digest");
        }
        try (Recording recording = Recording.open(forged)) {
            assertThatExceptionOfType(RecordingException.class)
                    .isThrownBy(() -> Replay.verify(recording))
                    .withMessageContaining("its state is not the one of its digest");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @DisplayName("behind a block that is shorter than the others, or has no instruction, there is none")
    void behindTheEndOfTheRun(int instructions) throws Exception {
        Path whole = record(deck("memory"), "whole");
        Path forged = temp.resolve("forged");
        long first;
        try (Recording recording = Recording.open(whole)) {
            first = recording.blocks().get(0).end();
        }
        int[] count = {0};
        Excerpts.rewrite(whole, forged, (number, kind, payload) -> {
            if (kind != Frame.Kind.FLOW || ++count[0] == 1) {
                return payload;
            }
            // The second one is short, and the third one begins where it ends.
            byte[] changed = payload.clone();
            ByteBuffer fields = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
            if (count[0] == 2) {
                fields.putInt(8, instructions);
            } else {
                fields.putLong(0, first + instructions);
            }
            return changed;
        });
        try (Recording recording = Recording.open(forged)) {
            assertThat(recording.icountEnd()).isEqualTo(first + instructions);
            assertThat(recording.damage().orElseThrow())
                    .contains("the run ended in the block before it, at instruction count " + recording.icountEnd());
        }
    }

    /** A state as it is stored, with a bit that is another one, and that can still be read. */
    private static byte[] changed(Deck deck, Snapshot state, Snapshot base) {
        byte[] stored = StoredState.delta(state, base);
        for (int i = stored.length - 1; i >= 0; i--) {
            byte[] changed = stored.clone();
            changed[i] ^= 1;
            try {
                Snapshot read = StoredState.read(deck.program(), changed, base);
                if (read.icount() == state.icount() && StateDigest.of(read) != StateDigest.of(state)) {
                    return changed;
                }
            } catch (RecordingException e) {
                // The next one, perhaps.
            }
        }
        throw new AssertionError("no bit can be changed");
    }
}
