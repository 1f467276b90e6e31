package dev.tapedeck.harness.replay;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.Block;
import dev.tapedeck.harness.recording.Recording.Checkpoint;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.isa.ControlFlow;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.machine.FlowTrace.Delivery;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;

/**
 * Lists what a recording holds, instruction by instruction, from its flow bits and the program, without executing
 * anything.
 *
 * <p>At one instruction count the order is: checkpoint, interrupts that come, the delivery of one, the instruction, its
 * host call.
 */
public final class LogWalk {
    /** One entry of the log. */
    public sealed interface Entry {
        long icount();

        /**
         * @param icount instructions completed before it
         * @param depth number of frames, as {@link Machine#depth} before it
         */
        record Executed(long icount, Position position, int depth) implements Entry {}

        /** An interrupt came from outside and became pending. */
        record Interrupted(long icount, int signal, long payload) implements Entry {}

        /** The run went on in the handler of a signal, wherever that came from. */
        record Delivered(long icount, int signal, int function) implements Entry {}

        record HostCalled(long icount, HostCallRecord call) implements Entry {}

        record Checkpointed(long icount, long stateDigest) implements Entry {}

        /** The end of the log; {@code text} says how the run ended or why the recording was cut. */
        record Ended(long icount, String text) implements Entry {}
    }

    /** Receives entries; returns false to stop. */
    @FunctionalInterface
    public interface Visitor {
        boolean visit(Entry entry);
    }

    private LogWalk() {}

    /**
     * Visits the entries from instruction count {@code from} on, in order.
     *
     * @throws RecordingException if the recording cannot be read, or its flow does not fit its program
     */
    public static void walk(Recording recording, long from, Visitor visitor) throws RecordingException {
        try {
            new Walker(recording, from, visitor).walk();
        } catch (UncheckedIOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
    }

    private static final class Walker {
        private final Recording recording;
        private final Program program;
        private final long from;
        private final Visitor visitor;
        private final int functionBits;

        /** Where the callers go on: the function in the upper half, the offset in the lower. */
        private long[] callers = new long[64];

        private int callerCount;
        private int function;
        private int offset;
        private boolean ended;
        private long icount;

        private FlowBits bits = new FlowBits(new byte[0], 0);
        private int nextCheckpoint;
        private int nextInterrupt;
        private int nextCall;

        Walker(Recording recording, long from, Visitor visitor) {
            this.recording = recording;
            this.program = recording.program().program();
            this.from = Math.max(0, from);
            this.visitor = visitor;
            functionBits = bitsFor(program.functions().size());
        }

        private static int bitsFor(int choices) {
            return 32 - Integer.numberOfLeadingZeros(choices - 1);
        }

        void walk() throws RecordingException {
            begin();
            List<Block> blocks = recording.blocks();
            for (int i = 0; i < blocks.size(); i++) {
                Block block = blocks.get(i);
                if (block.start() < icount) {
                    continue;
                }
                bits = new FlowBits(recording.flow(i), recording.flowBitCount(i));
                if (!walk(block, recording.deliveries(i), i == blocks.size() - 1)) {
                    return;
                }
                if (bits.left() != 0) {
                    throw unfit("block " + i + " has " + bits.left() + " flow bits left over");
                }
            }
            if (checkpoints() && interrupts() && hostCalls()) {
                String text = recording.outcome().isPresent()
                        ? recording.outcome().get().words()
                        : recording.damage().orElse("the recording was cut");
                visitor.visit(new Entry.Ended(icount, text));
            }
        }

        /** Begins at the last stored state up to {@code from}: its call stack cannot be known otherwise. */
        private void begin() throws RecordingException {
            List<Checkpoint> checkpoints = recording.checkpoints();
            int start = 0;
            for (int i = 0; i < checkpoints.size(); i++) {
                if (checkpoints.get(i).icount() <= from && recording.restorable(i)) {
                    start = i;
                }
            }
            Machine machine = new Machine(
                    recording.program(), call -> {}, recording.options().limits());
            try {
                machine.restore(recording.snapshot(start));
            } catch (IllegalArgumentException e) {
                throw new RecordingException(recording.path() + ": " + e.getMessage(), e);
            }
            icount = machine.icount();
            Position position = machine.position();
            function = position.function();
            offset = position.offset();
            ended = machine.depth() == 0;
            for (int frame = 0; frame < machine.depth() - 1; frame++) {
                Position next = machine.nextPosition(frame);
                push(next.function(), next.offset());
            }
            while (nextCheckpoint < checkpoints.size()
                    && checkpoints.get(nextCheckpoint).icount() < icount) {
                nextCheckpoint++;
            }
            nextInterrupt = recording.firstInterrupt(icount);
            nextCall = recording.firstHostCall(icount);
        }

        /** @param last whether what comes from outside at the block's end is its own; else it is the next block's */
        private boolean walk(Block block, List<Delivery> deliveries, boolean last) throws RecordingException {
            int nextDelivery = 0;
            while (true) {
                boolean atEnd = icount == block.end();
                if (atEnd && !last) {
                    break;
                }
                if (!checkpoints() || !interrupts()) {
                    return false;
                }
                if (nextDelivery < deliveries.size()
                        && deliveries.get(nextDelivery).icount() == icount
                        && !deliver(deliveries.get(nextDelivery++))) {
                    return false;
                }
                if (atEnd) {
                    // An instruction that was not completed may have called its host.
                    if (!hostCalls()) {
                        return false;
                    }
                    break;
                }
                if (ended) {
                    throw unfit("the program ends at instruction count " + icount);
                }
                if (icount >= from
                        && !visitor.visit(
                                new Entry.Executed(icount, new Position(function, offset), callerCount + 1))) {
                    return false;
                }
                follow();
                if (!hostCalls()) {
                    return false;
                }
                icount++;
            }
            if (nextDelivery != deliveries.size()) {
                throw unfit("a delivery at instruction count "
                        + deliveries.get(nextDelivery).icount() + " is out of order");
            }
            return true;
        }

        private boolean checkpoints() {
            List<Checkpoint> checkpoints = recording.checkpoints();
            while (nextCheckpoint < checkpoints.size()
                    && checkpoints.get(nextCheckpoint).icount() <= icount) {
                Checkpoint checkpoint = checkpoints.get(nextCheckpoint++);
                if (checkpoint.icount() >= from
                        && !visitor.visit(new Entry.Checkpointed(checkpoint.icount(), checkpoint.stateDigest()))) {
                    return false;
                }
            }
            return true;
        }

        private boolean interrupts() {
            List<Interrupt> interrupts = recording.interrupts();
            while (nextInterrupt < interrupts.size()
                    && interrupts.get(nextInterrupt).icount() <= icount) {
                Interrupt interrupt = interrupts.get(nextInterrupt++);
                if (interrupt.icount() >= from
                        && !visitor.visit(
                                new Entry.Interrupted(interrupt.icount(), interrupt.signal(), interrupt.payload()))) {
                    return false;
                }
            }
            return true;
        }

        private boolean hostCalls() {
            List<HostCallRecord> calls = recording.hostCalls();
            while (nextCall < calls.size() && calls.get(nextCall).icount() <= icount) {
                HostCallRecord call = calls.get(nextCall++);
                if (call.icount() >= from && !visitor.visit(new Entry.HostCalled(call.icount(), call))) {
                    return false;
                }
            }
            return true;
        }

        private boolean deliver(Delivery delivery) throws RecordingException {
            push(function, offset);
            enter(delivery.function());
            return icount < from || visitor.visit(new Entry.Delivered(icount, delivery.signal(), delivery.function()));
        }

        private void push(int nextFunction, int nextOffset) throws RecordingException {
            int framesMax = recording.options().limits().framesMax();
            if (callerCount + 1 >= framesMax) {
                throw unfit("there are more than " + framesMax + " frames");
            }
            if (callerCount == callers.length) {
                callers = Arrays.copyOf(callers, callerCount * 2);
            }
            callers[callerCount++] = (long) nextFunction << 32 | nextOffset;
        }

        private void enter(int callee) throws RecordingException {
            if (callee < 0 || callee >= program.functions().size()) {
                throw unfit("function " + callee + " is entered, the program has "
                        + program.functions().size());
            }
            function = callee;
            offset = 0;
        }

        /** Moves to the instruction that comes next. */
        private void follow() throws RecordingException {
            Function code = program.functions().get(function);
            if (offset >= code.code().size()) {
                throw unfit("there is no instruction " + offset + " in " + program.functionName(function));
            }
            Instruction instruction = code.code().get(offset);
            switch (instruction.opcode()) {
                case BR -> offset = (int) instruction.a();
                case BR_IF -> offset = take(1) != 0 ? (int) instruction.a() : offset + 1;
                case BR_UNLESS -> offset = take(1) == 0 ? (int) instruction.a() : offset + 1;
                case BR_TABLE -> {
                    List<Integer> labels = instruction.labels();
                    int choice = take(bitsFor(labels.size()));
                    if (choice >= labels.size()) {
                        throw unfit("br_table goes to label " + choice + " of " + labels.size());
                    }
                    offset = labels.get(choice);
                }
                case CALL -> {
                    push(function, offset + 1);
                    enter((int) instruction.a());
                }
                case CALL_INDIRECT -> {
                    push(function, offset + 1);
                    enter(take(functionBits));
                }
                case RETURN, INTERRUPT_RETURN -> {
                    if (callerCount == 0) {
                        ended = true;
                    } else {
                        long caller = callers[--callerCount];
                        function = (int) (caller >>> 32);
                        offset = (int) caller;
                    }
                }
                case HALT -> ended = true;
                case UNREACHABLE -> throw unfit("it goes on behind 'unreachable'");
                default -> {
                    if (instruction.opcode().controlFlow() != ControlFlow.NEXT) {
                        throw new AssertionError("no rule for where a run goes on after " + instruction.opcode());
                    }
                    offset++;
                }
            }
        }

        private int take(int count) throws RecordingException {
            if (bits.left() < count) {
                throw unfit("the flow bits end");
            }
            return bits.take(count);
        }

        private RecordingException unfit(String what) {
            return new RecordingException(recording.path() + " is damaged: its flow does not fit its program: " + what
                    + ", at instruction count " + icount + " in " + program.functionName(function) + "+" + offset);
        }
    }

    /** Flow bits as {@code FlowTrace} gives them. */
    private static final class FlowBits {
        private final byte[] bytes;
        private final int count;
        private int position;

        FlowBits(byte[] bytes, int count) {
            this.bytes = bytes;
            this.count = count;
        }

        int left() {
            return count - position;
        }

        int take(int width) {
            int value = 0;
            for (int i = 0; i < width; i++, position++) {
                value |= (bytes[position >>> 3] >>> (position & 7) & 1) << i;
            }
            return value;
        }
    }
}
