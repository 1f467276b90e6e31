package dev.tapedeck.vm.machine;

/** A place in the machine's state that can hold a value. */
public sealed interface Location {
    /** A local or parameter: {@code frame} counts from 0, the outermost; {@code index} from 0. */
    record Local(int frame, int index) implements Location {}

    /** A cell of a frame's operand stack; {@code index} 0 is its deepest. */
    record Operand(int frame, int index) implements Location {}

    record GlobalVariable(int index) implements Location {}

    /** One byte of a linear memory, 0 to 2^32-1. */
    record MemoryByte(int memory, long address) implements Location {
        /** A byte of memory 0. */
        public MemoryByte(long address) {
            this(0, address);
        }
    }

    /** Size of a linear memory in 64 KiB pages. */
    record MemorySize(int memory) implements Location {
        /** The size of memory 0. */
        public MemorySize() {
            this(0);
        }
    }

    /** An element of a table: the cell of a reference. */
    record TableElement(int table, int index) implements Location {}

    /** The number of elements of a table. */
    record TableSize(int table) implements Location {}

    /** Whether a data segment is dropped, 0 or 1. */
    record DroppedData(int segment) implements Location {}

    /** Whether an element segment is dropped, 0 or 1. */
    record DroppedElements(int segment) implements Location {}

    /** One byte of a heap section; sections are numbered from 1. */
    record SectionByte(int section, int index) implements Location {}

    /** The size of a heap section in bytes, or -1 if there is none of this number. */
    record SectionSize(int section) implements Location {}

    /**
     * {@code status}, {@code depth} (number of frames), {@code sp}, {@code bp}, {@code hp}, {@code interrupts} (flag),
     * {@code exit} or {@code sections} (how many have been made).
     */
    record Register(String name) implements Location {}

    /** The position of a frame: function and offset. */
    record FramePosition(int frame) implements Location {}

    /** The handler (function index, or -1) of a signal. */
    record Handler(int signal) implements Location {}

    /** The interrupts that wait for a signal. */
    record Pending(int signal) implements Location {}
}
