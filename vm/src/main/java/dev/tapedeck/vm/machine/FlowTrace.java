package dev.tapedeck.vm.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The executed control flow of a stretch of a run, as bits, and a digest of its effects. A machine with a trace attached
 * appends to it; whoever attached it takes the bits out and clears them.
 *
 * <p>Bits are appended, lowest first: {@code br_if} and {@code br_unless} one bit (1: the condition was not zero);
 * {@code br_table} the clamped index, {@code call_indirect} the function index, each in as many bits as the number of
 * choices needs ({@code 32 - numberOfLeadingZeros(choices - 1)}). Where an interrupt took the run into its handler is kept
 * beside the bits, as a delivery. With the program, bits and deliveries determine each executed instruction.
 *
 * <p>The digest is a chain: each store to memory and each flow word (64 bits, counted from the last {@link #clear}) is
 * folded into a 64-bit value, so two runs whose chains once differ keep different chains (but for a collision,
 * probability 2^-64). {@link #clear} and {@link #fold} are part of the chain: two chains can be compared if both were
 * called at the same instruction counts. {@link #digest} may be called at any time and changes nothing.
 */
public final class FlowTrace {
    /**
     * A flow word without bits. Bits are shifted in from the top; below them stands a one, which so tells how many bits
     * there are, and falls out when the word is full.
     */
    static final long EMPTY = 1L << 63;

    /** The multipliers of {@link #step}, which the loop has written out. */
    static final long PLACE = 0x9E37_79B9_7F4A_7C15L;

    static final long MIX = 0xD6E8_FEB8_6659_FD93L;

    /** For loops that do not trace, and so never touch it. */
    static final FlowTrace NONE = new FlowTrace();

    private long[] words = new long[64];
    private int wordCount;

    // The loop appends single bits and folds stores by itself. These are fields, not variables of the loop: it has
    // more of those than there are registers, and instructions that append nothing then pay nothing.
    long partial = EMPTY;
    long chain;

    private final List<Delivery> deliveries = new ArrayList<>();

    /**
     * An interrupt that was delivered: before the instruction at {@code icount} the run went on in a handler.
     *
     * @param icount instructions completed before
     * @param signal 1 to 31
     * @param function index of the handler
     */
    public record Delivery(long icount, int signal, int function) {}

    /** A trace without bits whose chain begins with 0. */
    public FlowTrace() {}

    /** The number of bits since the last {@link #clear}. */
    public long bitCount() {
        return 64L * wordCount + partialCount();
    }

    private int partialCount() {
        return 63 - Long.numberOfTrailingZeros(partial);
    }

    /** The bits since the last {@link #clear}, 8 a byte, lowest bit first; the last byte is filled with zeros. */
    public byte[] bits() {
        ByteBuffer bytes = ByteBuffer.allocate(8 * (wordCount + 1)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(words, 0, wordCount).put(partialBits());
        return Arrays.copyOf(bytes.array(), Math.toIntExact((bitCount() + 7) / 8));
    }

    /** The bits of the word that is not full yet, lowest first. */
    private long partialBits() {
        int count = partialCount();
        return count == 0 ? 0 : partial >>> (64 - count);
    }

    /** The interrupts delivered since the last {@link #clear}, in order. */
    public List<Delivery> deliveries() {
        return List.copyOf(deliveries);
    }

    /** Notes and folds a delivery. */
    void deliver(long icount, int signal, int function) {
        deliveries.add(new Delivery(icount, signal, function));
        fold(icount);
        fold((long) signal << 32 | function);
    }

    /** Drops bits and deliveries and keeps the digest. The next bit begins a new flow word. */
    public void clear() {
        chain = digest();
        partial = EMPTY;
        wordCount = 0;
        deliveries.clear();
    }

    /** The chain digest of everything since the start of the run, bits not yet cleared included. */
    public long digest() {
        return partial == EMPTY ? chain : step(chain, partial, -1);
    }

    /** Continues a chain, after a restore. The trace then is as after a {@link #clear}: it has no bits. */
    public void setDigest(long digest) {
        chain = digest;
        partial = EMPTY;
        wordCount = 0;
        deliveries.clear();
    }

    /** Folds a value from outside (a host result, an interrupt, a state) into the chain. */
    public void fold(long value) {
        chain = step(chain, value, -2);
    }

    /** Keeps the flow word, which is full, and begins the next one. */
    void flush() {
        if (wordCount == words.length) {
            words = Arrays.copyOf(words, wordCount * 2);
        }
        words[wordCount++] = partial;
        chain = step(chain, partial, -3);
        partial = EMPTY;
    }

    /** Appends the lowest {@code count} bits of a value that has no others. */
    void appendBits(long value, int count) {
        // What fills the word goes bit by bit.
        if (count <= Long.numberOfTrailingZeros(partial) && count > 0) {
            partial = partial >>> count | value << (64 - count);
            return;
        }
        for (int i = 0; i < count; i++) {
            boolean full = (partial & 1) != 0;
            partial = partial >>> 1 | value >>> i << 63;
            if (full) {
                flush();
            }
        }
    }

    /**
     * The chain after one more effect. For a given effect this is a bijection on chains, so chains that differ stay
     * different as long as their effects are the same. Places are addresses for stores and negative for all else.
     */
    static long step(long chain, long value, long place) {
        long mixed = (chain ^ value ^ place * PLACE) * MIX;
        return mixed ^ mixed >>> 32;
    }
}
