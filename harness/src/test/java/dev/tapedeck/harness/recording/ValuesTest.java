package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.replay.LogWalk;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Difference;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the detail level {@code values} stores, read as docs/recording-format.md describes it: by Chronicle's own tailer,
 * and with no class of the recording.
 */
class ValuesTest {
    private static final String ALL = "dev.tapedeck.harness.recording.Deck#all";
    private static final int KIND_VALUES = 0x80;
    private static final int FRAME_BYTES = 24;

    @TempDir
    Path temp;

    private record Entry(
            long icount, Position position, int opcode, int space, int bytes, int index, long place, long value) {}

    private static List<Entry> read(Path directory) {
        List<Entry> entries = new ArrayList<>();
        try (ChronicleQueue queue = SingleChronicleQueueBuilder.binary(directory)
                        .rollCycle(RollCycles.FAST_DAILY)
                        .readOnly(true)
                        .build();
                ExcerptTailer tailer = queue.createTailer()) {
            Bytes<byte[]> bytes = Bytes.allocateElasticOnHeap(1024);
            while (tailer.readBytes(bytes)) {
                ByteBuffer excerpt = ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
                if ((excerpt.get(0) & 0xff) == KIND_VALUES) {
                    int entryBytes = excerpt.getInt(FRAME_BYTES);
                    int count = excerpt.getInt(FRAME_BYTES + 4);
                    assertThat(excerpt.limit()).isEqualTo(FRAME_BYTES + 8 + count * entryBytes);
                    for (int i = 0; i < count; i++) {
                        entries.add(entry(excerpt, FRAME_BYTES + 8 + i * entryBytes));
                    }
                }
                bytes.clear();
            }
        }
        return entries;
    }

    private static Entry entry(ByteBuffer excerpt, int at) {
        return new Entry(
                excerpt.getLong(at),
                new Position(excerpt.getInt(at + 8), excerpt.getInt(at + 12)),
                excerpt.getShort(at + 16) & 0xffff,
                excerpt.get(at + 18) & 0xff,
                excerpt.get(at + 19) & 0xff,
                excerpt.getInt(at + 20),
                excerpt.getLong(at + 24),
                excerpt.getLong(at + 32));
    }

    private Path record(Deck deck, Detail detail) throws RecordingException {
        Path directory = temp.resolve(detail.toString());
        Recorder.record(deck.program(), deck.options().withDetail(detail), deck.host(), directory);
        return directory;
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void theRunAndAllThatIsKnownOfItAreTheSame(Deck deck) throws Exception {
        try (Recording flow = Recording.open(record(deck, Detail.FLOW));
                Recording values = Recording.open(record(deck, Detail.VALUES))) {
            assertThat(values.options().detail()).isEqualTo(Detail.VALUES);
            assertThat(values.damage()).isEmpty();
            assertThat(values.blocks()).isEqualTo(flow.blocks());
            assertThat(values.checkpoints()).isEqualTo(flow.checkpoints());
            assertThat(values.interrupts()).isEqualTo(flow.interrupts());
            assertThat(values.outcome()).isEqualTo(flow.outcome());
            for (int i = 0; i < flow.blocks().size(); i++) {
                assertThat(values.flow(i)).isEqualTo(flow.flow(i));
                assertThat(values.deliveries(i)).isEqualTo(flow.deliveries(i));
            }
            assertThat(flow.valuesBytes()).isZero();
            assertThat(values.valuesBytes()).isGreaterThan(40 * values.icountEnd());
            assertThat(Replay.verify(values)).isEqualTo(flow.icountEnd());
        }
    }

    static Stream<Deck> allAndLongRanges() {
        return Stream.concat(Deck.all(), Stream.of(longRangesOfAllKinds()));
    }

    private static Deck longRangesOfAllKinds() {
        return new Deck("long ranges", Deck.assemble("long", """
                        .memory 3
                        .table references: externref 0 20000
                        .func main()
                          .local section: i32
                          i32.const 16
                          i32.const 7
                          i32.const 70000
                          memory.fill
                          i32.const 80000
                          i32.const 16
                          i32.const 66000
                          memory.copy
                          ref.null externref
                          i32.const 9000
                          table.grow references
                          drop
                          ref.null externref
                          i32.const 15000
                          table.grow references
                          drop
                          i32.const 100
                          ref.null externref
                          i32.const 8500
                          table.fill references
                          i32.const 70000
                          section.new
                          local.tee section
                          i32.const 8
                          i32.const 5
                          i32.const 66000
                          section.fill
                          return
                        .end
                        .entry main
                        """), RunOptions.DEFAULT);
    }

    @ParameterizedTest
    @MethodSource("allAndLongRanges")
    void eachInstructionHasItsEntriesAndTheyHoldWhatIsThereAfterIt(Deck deck) throws Exception {
        Path directory = record(deck, Detail.VALUES);
        List<Entry> entries = read(directory);
        Machine machine = start(deck);
        int[] next = {0};
        try (Recording recording = Recording.open(directory)) {
            LogWalk.walk(recording, 0, logged -> {
                if (logged instanceof LogWalk.Entry.Interrupted interrupt) {
                    assertThat(machine.raise(interrupt.signal(), interrupt.payload()))
                            .isTrue();
                }
                if (!(logged instanceof LogWalk.Entry.Executed executed)) {
                    return true;
                }
                machine.deliverInterrupt();
                long top = operand(machine, 0);
                long below = operand(machine, 1);
                machine.run(executed.icount() + 1);
                int first = next[0];
                while (next[0] < entries.size() && entries.get(next[0]).icount == executed.icount()) {
                    Entry entry = entries.get(next[0]++);
                    assertThat(entry.position).isEqualTo(executed.position());
                    assertThat(current(machine, entry, top, below))
                            .as(entry.toString())
                            .isEqualTo(entry.value);
                }
                assertThat(next[0])
                        .as("entries of instruction %d", executed.icount())
                        .isGreaterThan(first);
                return true;
            });
        }
        assertThat(next[0]).isEqualTo(entries.size());
    }

    private static Machine start(Deck deck) {
        Machine machine =
                new Machine(deck.program(), deck.host(), deck.options().limits());
        machine.start(deck.program().program().entry());
        return machine;
    }

    /** A cell of the operand stack, counted from its top; 0 if there are not so many. */
    private static long operand(Machine machine, int fromTop) {
        int frame = machine.depth() - 1;
        int count = machine.operandCount(frame);
        return fromTop < count ? machine.operand(frame, count - 1 - fromTop) : 0;
    }

    /**
     * What the machine has where an entry says that something was written.
     *
     * @param top of the operand stack before the instruction: the length of a range, the payload of an interrupt
     * @param below the cell below it
     */
    private static long current(Machine machine, Entry entry, long top, long below) {
        return switch (entry.space) {
            case 0 -> 0;
            case 1 -> {
                assertThat(entry.index).as(entry.toString()).isEqualTo(machine.bp());
                yield cell(machine, (int) entry.place);
            }
            case 2 -> machine.global(entry.index);
            case 3 ->
                entry.bytes == 0
                        ? range(entry, top, 1, machine.memoryBytes(entry.index))
                        : number(machine.readMemory(entry.index, entry.place, entry.bytes));
            case 4 ->
                entry.bytes == 0
                        ? range(entry, top, 1, machine.sectionSize(entry.index))
                        : number(machine.readSection(entry.index, (int) entry.place, entry.bytes));
            case 5 ->
                entry.bytes == 0
                        ? range(entry, top, 8, machine.tableSize(entry.index))
                        : machine.tableElement(entry.index, (int) entry.place);
            case 6 -> machine.hp();
            case 7 -> machine.interruptsEnabled() ? 1 : 0;
            case 8 -> machine.handler(entry.index);
            case 9 -> {
                // At once delivered, perhaps, and so no longer pending.
                assertThat(entry.opcode).isEqualTo(Opcode.INTERRUPT_RAISE.code());
                assertThat((long) entry.index).isEqualTo(below).isBetween(1L, 31L);
                yield top;
            }
            case 10 -> machine.memoryBytes(entry.index) >>> 16;
            case 11 -> machine.dataDropped(entry.index) ? 0 : -1;
            case 12 -> machine.elementsDropped(entry.index) ? 0 : -1;
            case 13 -> machine.tableSize(entry.index);
            case 14 -> machine.sectionSize(entry.index);
            default -> throw new AssertionError("an unknown space: " + entry);
        };
    }

    /** How many bytes or elements an instruction writes that pops their number: too many for entries of their own. */
    private static long range(Entry entry, long popped, int unitBytes, long size) {
        long length = Integer.toUnsignedLong((int) popped);
        assertThat(length * unitBytes).as(entry.toString()).isGreaterThan(1 << 16);
        assertThat(entry.place).as(entry.toString()).isBetween(0L, size - length);
        return length;
    }

    private static long cell(Machine machine, int cell) {
        int frame = machine.depth() - 1;
        int locals = machine.sp() - machine.bp() - machine.operandCount(frame);
        int inFrame = cell - machine.bp();
        return inFrame < locals ? machine.local(frame, inFrame) : machine.operand(frame, inFrame - locals);
    }

    private static long number(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.put(bytes).position(0).getLong();
    }

    /** A delivery changes the state between two instructions. */
    static Stream<Deck> withoutInterrupts() {
        return Deck.all().filter(deck -> deck.options().interrupts().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("withoutInterrupts")
    void whateverAnInstructionChangesIsInItsEntries(Deck deck) throws Exception {
        List<Entry> entries = read(record(deck, Detail.VALUES));
        Machine machine = start(deck);
        int next = 0;
        int steps = 0;
        while (machine.status() == Status.RUNNING && next < entries.size() && steps++ < 3_000) {
            List<Entry> own = new ArrayList<>();
            while (next < entries.size() && entries.get(next).icount == machine.icount()) {
                own.add(entries.get(next++));
            }
            Snapshot before = machine.snapshot();
            Opcode opcode = machine.instruction().opcode();
            machine.deliverInterrupt();
            machine.run(machine.icount() + 1);
            if (machine.status() != Status.RUNNING) {
                break;
            }
            assertThat(own.get(0).opcode).isEqualTo(opcode.code());
            for (Difference difference : before.differences(machine.snapshot(), 10_000)) {
                assertThat(explained(machine, own, difference))
                        .as("%s of %s at %d, entries %s", difference, opcode, machine.icount() - 1, own)
                        .isTrue();
            }
        }
        assertThat(steps).isGreaterThan(20);
    }

    /** Whether an entry says that a place was written; that its value is right is another test's business. */
    private static boolean explained(Machine machine, List<Entry> own, Difference difference) {
        Location location = difference.location();
        if (location instanceof Location.MemoryByte at) {
            return own.stream()
                    .anyMatch(entry -> entry.space == 3 && entry.index == at.memory() && in(entry, at.address()));
        } else if (location instanceof Location.SectionByte at) {
            return own.stream()
                    .anyMatch(entry -> entry.index == at.section()
                            && (entry.space == 14 || (entry.space == 4 && in(entry, at.index()))));
        } else if (location instanceof Location.SectionSize size) {
            return own.stream().anyMatch(entry -> entry.space == 14 && entry.index == size.section());
        } else if (location instanceof Location.TableElement element) {
            return own.stream()
                    .anyMatch(entry -> entry.space == 5
                            && entry.index == element.table()
                            && (entry.bytes > 0
                                    ? entry.place == element.index()
                                    : element.index() - entry.place < entry.value));
        } else if (location instanceof Location.TableSize size) {
            return own.stream().anyMatch(entry -> entry.space == 13 && entry.index == size.table());
        } else if (location instanceof Location.MemorySize size) {
            return own.stream().anyMatch(entry -> entry.space == 10 && entry.index == size.memory());
        } else if (location instanceof Location.DroppedData segment) {
            return own.stream().anyMatch(entry -> entry.space == 11 && entry.index == segment.segment());
        } else if (location instanceof Location.DroppedElements segment) {
            return own.stream().anyMatch(entry -> entry.space == 12 && entry.index == segment.segment());
        } else if (location instanceof Location.GlobalVariable global) {
            return own.stream().anyMatch(entry -> entry.space == 2 && entry.index == global.index());
        } else if (location instanceof Location.Handler handler) {
            return own.stream().anyMatch(entry -> entry.space == 8 && entry.index == handler.signal());
        } else if (location instanceof Location.Pending pending) {
            return own.stream().anyMatch(entry -> entry.space == 9 && entry.index == pending.signal())
                    || own.stream().anyMatch(entry -> entry.space == 7);
        } else if (location instanceof Location.Local local) {
            return hasCell(machine, own, local.frame(), local.index());
        } else if (location instanceof Location.Operand operand) {
            int locals = machine.sp() - machine.bp() - machine.operandCount(machine.depth() - 1);
            // What an inner frame leaves behind for its caller shows as a difference of the frame that went.
            return operand.frame() >= machine.depth()
                    || gone(machine, operand)
                    || hasCell(machine, own, operand.frame(), locals + operand.index());
        } else if (location instanceof Location.Register register) {
            return switch (register.name()) {
                case "hp" -> own.stream().anyMatch(entry -> entry.space == 6);
                case "interrupts" -> own.stream().anyMatch(entry -> entry.space == 7);
                case "sections" -> own.stream().anyMatch(entry -> entry.space == 14);
                default -> true;
            };
        }
        return location instanceof Location.FramePosition;
    }

    private static boolean gone(Machine machine, Location.Operand operand) {
        return operand.index() >= machine.operandCount(operand.frame());
    }

    private static boolean hasCell(Machine machine, List<Entry> own, int frame, int inFrame) {
        return frame >= machine.depth()
                || (frame == machine.depth() - 1
                        && own.stream().anyMatch(entry -> entry.space == 1 && entry.place == machine.bp() + inFrame));
    }

    private static boolean in(Entry entry, long place) {
        long length = entry.bytes > 0 ? entry.bytes : entry.value;
        return place >= entry.place && place < entry.place + length;
    }

    @Test
    @DisplayName("a table that could not grow has none of the elements, however many they would have been")
    void failedGrowth() throws Exception {
        List<Entry> entries = read(record(longRangesOfAllKinds(), Detail.VALUES));
        List<Entry> ofTables =
                entries.stream().filter(entry -> entry.space == 5).toList();
        assertThat(ofTables)
                .hasSize(2)
                .allSatisfy(entry -> assertThat(entry.bytes).isZero());
        assertThat(ofTables.get(0).opcode).isEqualTo(Opcode.TABLE_GROW.code());
        assertThat(ofTables.get(0).value).isEqualTo(9000);
        assertThat(ofTables.get(1).opcode).isEqualTo(Opcode.TABLE_FILL.code());
        assertThat(ofTables.get(1).place).isEqualTo(100);
    }

    @Test
    @DisplayName("of a range of more than 64 KiB there is one entry, without its bytes")
    void longRanges() throws Exception {
        Deck deck = new Deck("fill", Deck.assemble("fill", """
                        .memory 2
                        .func main()
                          i32.const 4096
                          i32.const 7
                          i32.const 65537
                          memory.fill
                          i32.const 4096
                          i32.const 8
                          i32.const 65536
                          memory.fill
                          return
                        .end
                        .entry main
                        """), RunOptions.DEFAULT);
        List<Entry> entries = read(record(deck, Detail.VALUES));
        assertThat(entries.get(3))
                .isEqualTo(new Entry(3, new Position(0, 3), Opcode.MEMORY_FILL.code(), 3, 0, 0, 4096, 65537));
        List<Entry> second = entries.stream().filter(entry -> entry.icount == 7).toList();
        assertThat(second).hasSize(8192).allSatisfy(entry -> {
            assertThat(entry.bytes).isEqualTo(8);
            assertThat(entry.value).isEqualTo(0x0808_0808_0808_0808L);
        });
        assertThat(second.get(8191).place).isEqualTo(4096 + 65536 - 8);
    }
}
