package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs one verified program. Not safe for use by several threads at once; a snapshot may be handed to another thread.
 */
public final class Machine {
    /**
     * A machine at instruction count 0 with memory, globals and tables as the program defines them.
     *
     * @throws IllegalArgumentException if the program needs more than the limits allow; the message has both numbers
     */
    public Machine(VerifiedProgram program, Host host, Limits limits) {
        throw new UnsupportedOperationException("not yet");
    }

    public Program program() {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Makes the first instruction of a function the next one.
     *
     * @param function function index
     * @param arguments cells, as many as the function has parameters
     * @throws IllegalStateException unless the machine is idle or its last run has ended
     * @throws IllegalArgumentException if there is no such function, or the number of arguments differs
     */
    public void start(int function, long... arguments) {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Runs until exactly {@code icountMax} instructions have been completed since the machine was made, or the run ends.
     * Pending interrupts are delivered at the boundaries before each instruction that is executed.
     *
     * @return {@link Status#RUNNING} if the limit stopped it
     */
    public Status run(long icountMax) {
        throw new UnsupportedOperationException("not yet");
    }

    public Status status() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Instructions completed since the machine was made. A faulting instruction is not completed; a halt is. */
    public long icount() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The exit code, once {@link Status#HALTED}. */
    public int exitCode() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The result cells, once {@link Status#RETURNED}. */
    public List<Long> results() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The fault, once {@link Status#FAULTED}. */
    public Optional<Fault> fault() {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Makes a signal pending: the lowest pending signal that has a handler is delivered at the next boundary at which the
     * interrupt flag is set.
     *
     * @param signal 1 to 31
     * @return false if too many interrupts are already pending; nothing has changed then
     */
    public boolean raise(int signal, long payload) {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Delivers the interrupt that is due at this boundary, if there is one, so that {@link #position} is the instruction
     * that really comes next. {@link #run} does this by itself.
     */
    public void deliverInterrupt() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Attaches a trace to append to, or detaches it (null). */
    public void trace(@Nullable FlowTrace trace) {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Folds the part of the state that stores do not show into the trace's digest: registers, frames, stack cells,
     * globals, interrupts.
     */
    public void foldState(FlowTrace trace) {
        throw new UnsupportedOperationException("not yet");
    }

    /** The state now. Costs by the pages written since the last snapshot or restore, not by the size of memory. */
    public Snapshot snapshot() {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Puts back a state. The trace, if any, stays attached and unchanged.
     *
     * @throws IllegalArgumentException if the snapshot is of another memory maximum or does not fit the program; the
     *     machine is unchanged then
     */
    public void restore(Snapshot snapshot) {
        throw new UnsupportedOperationException("not yet");
    }

    // What follows looks at the machine between runs.

    /** The next instruction's place; the faulting one's after a fault; the last one's otherwise. */
    public Position position() {
        throw new UnsupportedOperationException("not yet");
    }

    public Instruction instruction() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Number of frames; frame 0 is the outermost. */
    public int depth() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The place of a frame: the next instruction of the innermost one, the call (not the return address) of others. */
    public Position framePosition(int frame) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Whether a frame was entered by an interrupt. */
    public boolean interruptFrame(int frame) {
        throw new UnsupportedOperationException("not yet");
    }

    public long local(int frame, int index) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Number of operand cells of a frame. Arguments passed on to a callee belong to the callee. */
    public int operandCount(int frame) {
        throw new UnsupportedOperationException("not yet");
    }

    /** An operand cell of a frame; index 0 is the deepest. */
    public long operand(int frame, int index) {
        throw new UnsupportedOperationException("not yet");
    }

    public long global(int index) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Size of linear memory in bytes, 0 to 2^32. */
    public long memoryBytes() {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Copies bytes out of linear memory.
     *
     * @throws IndexOutOfBoundsException if the range is not inside the memory
     */
    public byte[] readMemory(long address, int length) {
        throw new UnsupportedOperationException("not yet");
    }

    public int sp() {
        throw new UnsupportedOperationException("not yet");
    }

    public int bp() {
        throw new UnsupportedOperationException("not yet");
    }

    public int hp() {
        throw new UnsupportedOperationException("not yet");
    }

    public boolean interruptsEnabled() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The handler of a signal (a function index), or -1. */
    public int handler(int signal) {
        throw new UnsupportedOperationException("not yet");
    }

    public int pendingCount(int signal) {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Changes the state from outside, as a debugger or a fault injector does.
     *
     * @throws IllegalArgumentException if there is no such place, or it cannot be set
     */
    public void set(Location location, long value) {
        throw new UnsupportedOperationException("not yet");
    }

    /** The value at a place, as {@link Difference} would show it. */
    public long get(Location location) {
        throw new UnsupportedOperationException("not yet");
    }
}
