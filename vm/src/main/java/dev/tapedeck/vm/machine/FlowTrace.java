package dev.tapedeck.vm.machine;

/**
 * The executed control flow of a stretch of a run, as bits, and a digest of its effects. A machine with a trace attached
 * appends to it; whoever attached it takes the bits out and clears them.
 *
 * <p>Bits are appended, lowest first: {@code br_if} and {@code br_unless} one bit (1: the condition was not zero);
 * {@code br_table} the clamped index, {@code call_indirect} the function index, each in as many bits as the number of
 * choices needs ({@code 32 - numberOfLeadingZeros(choices - 1)}). With the program, the bits determine each executed
 * instruction.
 *
 * <p>The digest is a chain: each store to memory and each flow word is folded into a 64-bit value, so two runs whose
 * chains once differ keep different chains (but for a collision, probability 2^-64).
 */
public final class FlowTrace {
    /** The number of bits since the last {@link #clear}. */
    public long bitCount() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The bits since the last {@link #clear}, 8 a byte, lowest bit first; the last byte is filled with zeros. */
    public byte[] bits() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Drops the bits and keeps the digest. */
    public void clear() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The chain digest of everything since the start of the run, bits not yet cleared included. */
    public long digest() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Continues a chain, after a restore. */
    public void setDigest(long digest) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Folds a value from outside (a host result, an interrupt, a state) into the chain. */
    public void fold(long value) {
        throw new UnsupportedOperationException("not yet");
    }
}
