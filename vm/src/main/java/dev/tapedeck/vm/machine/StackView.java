package dev.tapedeck.vm.machine;

/**
 * The stack of a machine or of a snapshot, cut into frames. Frame 0 is the outermost. The arrays may be longer than what
 * is in use; the view is valid until they change.
 *
 * @param pc index of the next instruction
 */
record StackView(Image image, int pc, int sp, int bp, int depth, long[] frames, long[] cells) {
    /** The instruction a frame is at: the next one of the innermost, the call or the interrupted one of others. */
    int framePc(int frame) {
        checkIndex("frame", frame, depth);
        if (frame == depth - 1) {
            return pc;
        }
        long above = frames[frame + 1];
        int next = Frames.returnPc(above);
        // What an interrupt stopped is at its next instruction; what called is at the call, just before.
        // A function that waits for the start function has not begun, and no call stands before its first instruction.
        return Frames.interrupt(above) || image.isEntry(next) ? next : next - 1;
    }

    int frameFunction(int frame) {
        return image.functionAt(framePc(frame));
    }

    boolean interruptFrame(int frame) {
        return Frames.interrupt(frames[checkIndex("frame", frame, depth)]);
    }

    /** Index of a frame's first cell. */
    int frameBase(int frame) {
        return frame == depth - 1 ? bp : Frames.callerBase(frames[frame + 1]);
    }

    int localCount(int frame) {
        return image.localCount(frameFunction(frame));
    }

    int operandCount(int frame) {
        checkIndex("frame", frame, depth);
        int end = frame == depth - 1 ? sp : frameBase(frame + 1);
        return end - frameBase(frame) - localCount(frame);
    }

    /** Index of the cell of a local. */
    int localCell(int frame, int index) {
        checkIndex("local", index, localCount(frame));
        return frameBase(frame) + index;
    }

    /** Index of the cell of an operand. */
    int operandCell(int frame, int index) {
        checkIndex("operand", index, operandCount(frame));
        return frameBase(frame) + localCount(frame) + index;
    }

    static int checkIndex(String what, int index, int count) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("no " + what + " " + index + ", there are " + count);
        }
        return index;
    }
}
