package dev.tapedeck.harness.effect;

import dev.tapedeck.vm.machine.Machine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A piece of memory that WASI's {@code fd_write} puts out, one of several: an array in memory says where they are.
 *
 * @param address of its first byte
 * @param length in bytes; 0 where the pieces before are all that one call puts out
 */
public record Gathered(long address, int length) {
    public static final String FD_WRITE = "wasi_snapshot_preview1.fd_write";
    public static final String FD_PWRITE = "wasi_snapshot_preview1.fd_pwrite";

    /** One piece's place in the array: address and length, 32 bits each. */
    private static final int ENTRY_BYTES = 8;

    /** A call with more pieces fails. */
    private static final int PIECES_MAX = 1 << 10;

    /** One call puts out no more; the program has to make another. */
    private static final int BYTES_MAX = 1 << 24;

    /**
     * What a call that is next puts out, in this order.
     *
     * @param array the address of the array, a cell
     * @param count of its entries, a cell
     * @return empty if the call fails, as not all of it is in memory, or there is too much
     */
    public static Optional<List<Gathered>> pieces(Machine machine, long array, long count) {
        long from = array & 0xffff_ffffL;
        long pieces = count & 0xffff_ffffL;
        if (pieces > PIECES_MAX || from + pieces * ENTRY_BYTES > machine.memoryBytes()) {
            return Optional.empty();
        }
        ByteBuffer entries = ByteBuffer.wrap(machine.readMemory(from, (int) pieces * ENTRY_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        List<Gathered> found = new ArrayList<>();
        int left = BYTES_MAX;
        while (entries.hasRemaining()) {
            long address = entries.getInt() & 0xffff_ffffL;
            long length = entries.getInt() & 0xffff_ffffL;
            if (address + length > machine.memoryBytes()) {
                return Optional.empty();
            }
            int taken = (int) Math.min(length, left);
            found.add(new Gathered(address, taken));
            left -= taken;
        }
        return Optional.of(found);
    }

    /** How many bytes the array takes. */
    public static long arrayBytes(List<Gathered> pieces) {
        return (long) ENTRY_BYTES * pieces.size();
    }
}
