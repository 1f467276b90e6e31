package dev.tapedeck.harness.recording;

/**
 * What some instructions wrote, in the order in which they were executed. Nothing is compressed and every entry has the
 * same length, so that any tool that reads a Chronicle Queue can go through them. An optional excerpt: a replay does
 * without it.
 *
 * <pre>
 *   entry bytes  i32   40
 *   count        i32   entries that follow, 1 to 3,276
 *   entries            of each:
 *      0  icount     i64   instructions completed before the instruction
 *      8  function   i32   } the instruction's position
 *     12  offset     i32   }
 *     16  opcode     u16   its code in a .bc file
 *     18  space      u8    what was written: {@link Space}
 *     19  bytes      u8    how many bytes of the value count, 0 to 8
 *     20  index      i32   } where, by space
 *     24  place      i64   }
 *     32  value      i64   sign-extended or filled with zeros, as the machine holds it
 * </pre>
 *
 * <p>An instruction has one entry for each cell, global, element or eight bytes that it wrote, and one of space {@link
 * Space#NOTHING} if there is none. The entries of a block stand before its flow block, in as many excerpts as they need.
 */
final class ValuesDescriptor {
    static final int ENTRY_BYTES = 40;
    private static final int HEAD_BYTES = 8;
    static final int COUNT_MAX = (Frame.PAYLOAD_BYTES_MAX - HEAD_BYTES) / ENTRY_BYTES;

    private PayloadOutput entries = new PayloadOutput();
    private int count;

    /** What was written. Codes are stable. */
    enum Space {
        /** Nothing but the instruction pointer. */
        NOTHING(0),
        /** A cell of the stack. Index: the first cell of the innermost frame; place: the cell. */
        CELL(1),
        /** A global. Index: its number. */
        GLOBAL(2),
        /** Bytes of a memory, as a little-endian number. Index: the memory; place: the address. */
        MEMORY(3),
        /** Bytes of a heap section, as a little-endian number. Index: the section; place: the byte. */
        SECTION(4),
        /** An element of a table; value 0 is null, else one more than the function. Index: the table; place: the element. */
        TABLE(5),
        /** The heap pointer. */
        HEAP_POINTER(6),
        /** The interrupt flag, 0 or 1. */
        INTERRUPT_FLAG(7),
        /** The handler of a signal, or -1. Index: the signal. */
        HANDLER(8),
        /** The payload of a signal that became pending. Index: the signal. */
        PENDING(9),
        /** The size of a memory in 64 KiB pages. Index: the memory. */
        MEMORY_SIZE(10),
        /** A data segment was dropped. Index: the segment. */
        DATA_DROPPED(11),
        /** An element segment was dropped. Index: the segment. */
        ELEMENTS_DROPPED(12),
        /** The number of elements of a table. Index: the table. */
        TABLE_SIZE(13),
        /** The size of a heap section in bytes, -1 if it was freed; a new one has zeros. Index: the section. */
        SECTION_SIZE(14);

        private final int code;

        Space(int code) {
            this.code = code;
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean isFull() {
        return count == COUNT_MAX;
    }

    /** Adds an entry; there must be room. */
    void add(
            long icount,
            int function,
            int offset,
            int opcode,
            Space space,
            int bytes,
            int index,
            long place,
            long value) {
        count++;
        entries.i64(icount)
                .i32(function)
                .i32(offset)
                .u8(opcode)
                .u8(opcode >>> 8)
                .u8(space.code)
                .u8(bytes)
                .i32(index)
                .i64(place)
                .i64(value);
    }

    /** The excerpt's payload; afterwards there are no entries. */
    byte[] take() {
        byte[] payload = new PayloadOutput()
                .i32(ENTRY_BYTES)
                .i32(count)
                .raw(entries.toBytes())
                .toBytes();
        entries = new PayloadOutput();
        count = 0;
        return payload;
    }
}
