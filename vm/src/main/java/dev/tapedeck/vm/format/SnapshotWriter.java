package dev.tapedeck.vm.format;

import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.SnapshotState;
import dev.tapedeck.vm.program.Position;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes snapshots as bytes. The same state always gives the same bytes.
 *
 * <p>The code that a snapshot refers to is named by content hash, index and name of the function and the offset in it.
 */
public final class SnapshotWriter {
    private final Snapshot snapshot;
    private final SnapshotState state;
    private final BcOutput out = new BcOutput();

    /** The functions that the snapshot refers to, in ascending order, and the number of each in the file. */
    private final SortedMap<Integer, Integer> functions = new TreeMap<>();

    private SnapshotWriter(Snapshot snapshot) {
        this.snapshot = snapshot;
        this.state = snapshot.state();
    }

    /**
     * All of a snapshot.
     *
     * @throws IllegalArgumentException if the pages that are not zero do not fit 2 GiB
     */
    public static byte[] write(Snapshot snapshot) {
        return new SnapshotWriter(snapshot).toBytes(null);
    }

    /**
     * A snapshot without the pages of memory that are as in {@code base}, which is needed again to read it.
     *
     * @throws IllegalArgumentException if the other pages do not fit 2 GiB
     */
    public static byte[] writeDelta(Snapshot snapshot, Snapshot base) {
        return new SnapshotWriter(snapshot).toBytes(base);
    }

    private byte[] toBytes(@Nullable Snapshot base) {
        out.raw(SnapshotFormat.magic());
        out.unsigned(SnapshotFormat.VERSION);
        out.unsigned(base == null ? 0 : SnapshotFormat.DELTA);
        if (base != null) {
            out.u63("the instruction count of the base", base.icount());
        }
        out.u63("the instruction count", state.icount());
        out.unsigned(state.status().code());
        writeFunctions();
        writeFrames();
        writeRegisters();
        writeCells(state.cells());
        writeCells(state.globals());
        writeInterrupts();
        out.index("memory pages", state.memoryPages());
        out.index("memory pages at most", state.memoryPagesMax());
        out.blob(state.hostState());
        writePages(base);
        return out.toByteArray();
    }

    private void writeFunctions() {
        state.position().ifPresent(position -> functions.put(position.function(), 0));
        state.frames().forEach(frame -> functions.put(frame.next().function(), 0));
        Arrays.stream(state.handlers())
                .filter(function -> function >= 0)
                .forEach(function -> functions.put(function, 0));
        int number = 0;
        out.unsigned(functions.size());
        for (var entry : functions.entrySet()) {
            int function = entry.getKey();
            entry.setValue(number++);
            out.unsigned(function);
            out.raw(HexFormat.of().parseHex(snapshot.contentHash(function).hex()));
            out.utf8(
                    "the name of function " + function,
                    snapshot.program().functions().get(function).name());
        }
    }

    private void writeFrames() {
        out.unsigned(state.position().isPresent() ? 1 : 0);
        state.position().ifPresent(this::writePosition);
        out.unsigned(state.frames().size());
        for (SnapshotState.Frame frame : state.frames()) {
            writePosition(frame.next());
            out.unsigned(frame.interrupt() ? 1 : 0);
        }
    }

    private void writePosition(Position position) {
        out.unsigned(number(position.function()));
        out.unsigned(position.offset());
    }

    private int number(int function) {
        Integer number = functions.get(function);
        if (number == null) {
            throw new AssertionError("function " + function + " is not in the list of functions");
        }
        return number;
    }

    private void writeRegisters() {
        out.signed(state.hp());
        out.signed(state.exitCode());
        out.unsigned(state.fault().isPresent() ? 1 : 0);
        state.fault().ifPresent(reason -> {
            out.utf8("the fault", reason.kind().mnemonic());
            out.utf8("the detail of the fault", reason.detail());
        });
    }

    private void writeCells(long[] cells) {
        out.unsigned(cells.length);
        for (long cell : cells) {
            out.signed(cell);
        }
    }

    private void writeInterrupts() {
        out.unsigned(state.interruptsEnabled() ? 1 : 0);
        for (int signal = 1; signal < state.handlers().length; signal++) {
            int function = state.handlers()[signal];
            out.indexOrNone("a handler", function < 0 ? -1 : number(function));
            writeCells(state.pending()[signal]);
        }
    }

    private void writePages(@Nullable Snapshot base) {
        int[] count = {0};
        visitPages(base, (index, page) -> count[0]++);
        long bytes = (long) count[0] * (Snapshot.PAGE_BYTES + 5);
        if (bytes > Integer.MAX_VALUE - out.size() - 64) {
            throw new IllegalArgumentException("the snapshot has " + count[0] + " pages of " + Snapshot.PAGE_BYTES
                    + " bytes to write, which is more than 2 GiB");
        }
        out.unsigned(count[0]);
        int[] next = {0};
        visitPages(base, (index, page) -> {
            out.unsigned(index - next[0]);
            next[0] = index + 1;
            if (isZero(page)) {
                out.u8(SnapshotFormat.PAGE_OF_ZEROS);
            } else {
                out.u8(SnapshotFormat.PAGE_OF_BYTES);
                out.raw(page);
            }
        });
    }

    private void visitPages(@Nullable Snapshot base, Snapshot.PageVisitor visitor) {
        if (base == null) {
            snapshot.visitPages(visitor);
        } else {
            long pages = snapshot.memoryBytes() / Snapshot.PAGE_BYTES;
            snapshot.visitChangedPages(base, (index, page) -> {
                if (index < pages) {
                    visitor.visit(index, page);
                }
            });
        }
    }

    private static boolean isZero(byte[] page) {
        for (byte b : page) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
