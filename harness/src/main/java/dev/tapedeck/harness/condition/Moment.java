package dev.tapedeck.harness.condition;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.util.OptionalInt;

/** A run between two instructions: the state, and what the instruction before it left and entered. */
final class Moment {
    final Recording recording;
    final Machine machine;

    /** Whether what was asked for is not there: a local of another function, memory beyond its end. */
    boolean missing;

    /** Whether events are taken as not having occurred. */
    boolean eventless;

    private int functionBefore = -1;
    private int depthBefore = -1;
    private boolean returns;

    Moment(Recording recording, Machine machine) {
        this.recording = recording;
        this.machine = machine;
    }

    /** Takes note of where the run is, before the next instruction is executed. */
    void leave() {
        functionBefore = function();
        depthBefore = machine.depth();
        Opcode opcode = machine.instruction().opcode();
        returns = opcode == Opcode.RETURN || opcode == Opcode.INTERRUPT_RETURN;
    }

    /** The run has been moved: nothing was executed just before. */
    void jump() {
        functionBefore = -1;
        depthBefore = -1;
        returns = false;
    }

    /** The function of the innermost frame, or -1 if the run is over. */
    int function() {
        return machine.depth() > 0 ? machine.position().function() : -1;
    }

    boolean entered(int function) {
        boolean first = machine.icount() == 0 && depthBefore < 0;
        return function() == function && (first || deeper());
    }

    /** The signal of the interrupt that has just been delivered, if one has. */
    OptionalInt interrupt() {
        int innermost = machine.depth() - 1;
        return function() >= 0 && deeper() && machine.interruptFrame(innermost)
                ? OptionalInt.of((int) machine.local(innermost, 0))
                : OptionalInt.empty();
    }

    /** Whether the innermost frame is a new one, of which nothing has been executed. */
    private boolean deeper() {
        // A return may be followed by an interrupt, which enters its handler at once.
        int depthLeft = returns ? depthBefore - 1 : depthBefore;
        return depthBefore >= 0
                && machine.depth() > depthLeft
                && machine.position().offset() == 0;
    }

    boolean left(int function) {
        return returns && functionBefore == function && !faulted();
    }

    boolean faulted() {
        return machine.status() == Status.FAULTED;
    }
}
