package dev.tapedeck.vm.machine;

/**
 * How a frame stands in the array of frames: what is needed to leave it.
 *
 * <pre>
 *  63                     32 31          30               0
 * +-------------------------+-----------+------------------+
 * | index of the caller's   | interrupt | base pointer of  |
 * | next instruction        | frame     | the caller       |
 * +-------------------------+-----------+------------------+
 * </pre>
 *
 * The outermost frame has no caller; both numbers are 0 there. Which function a frame belongs to follows from the place
 * of the next instruction in it.
 */
final class Frames {
    static final int BASE = 0x7FFF_FFFF;
    private static final long INTERRUPT = 1L << 31;

    private Frames() {}

    static long pack(int returnPc, int callerBase, boolean interrupt) {
        return (long) returnPc << 32 | callerBase | (interrupt ? INTERRUPT : 0);
    }

    static int returnPc(long frame) {
        return (int) (frame >>> 32);
    }

    static int callerBase(long frame) {
        return (int) frame & BASE;
    }

    static boolean interrupt(long frame) {
        return (frame & INTERRUPT) != 0;
    }
}
