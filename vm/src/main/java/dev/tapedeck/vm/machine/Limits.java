package dev.tapedeck.vm.machine;

/**
 * What a machine may use. Every limit is enforced, and reaching one is a fault or a refused growth, never an error of the
 * host.
 *
 * @param stackCellsMax cells of all frames together, 64 to 2^27
 * @param framesMax frames, 1 to 2^24
 * @param memoryPagesMax 64 KiB pages of all linear memories together, 0 to 65,536; {@code memory.grow} beyond gives -1
 * @param residentPagesMax 4 KiB pages of all linear memories that are not all zero, 1 to 2^20; a write that would make more
 *     is a fault. What a machine takes of the JVM's heap follows from it, whatever the size of the address space
 * @param pendingInterruptsMax interrupts that wait, all signals together, 1 to 2^20
 * @param tableElementsMax elements of all tables together, 0 to 10,000,000; {@code table.grow} beyond gives -1
 * @param sectionsMax heap sections at one time, 0 to 2^20; {@code section.new} beyond gives -1
 * @param sectionBytesMax bytes of all heap sections together, whatever they hold, 0 to 2^30; {@code section.new} beyond
 *     gives -1
 */
public record Limits(
        int stackCellsMax,
        int framesMax,
        int memoryPagesMax,
        int residentPagesMax,
        int pendingInterruptsMax,
        int tableElementsMax,
        int sectionsMax,
        int sectionBytesMax) {
    /** The largest {@code tableElementsMax}. */
    private static final int TABLE_ELEMENTS_MAX = 10_000_000;

    private static final int PAGES_PER_MEBIBYTE = 256;
    /** The most memory in use that can be asked for, in MiB. */
    public static final int RESIDENT_MEBIBYTES_MAX = (1 << 20) / PAGES_PER_MEBIBYTE;

    private static final int SECTIONS_MAX = 1 << 16;
    private static final int SECTION_BYTES_MAX = 1 << 28;

    public static final Limits DEFAULT = new Limits(1 << 20, 1 << 16, 65_536, 1 << 16, 1 << 16);

    /** Limits with as many elements of tables as can be, and as much in heap sections as by default. */
    public Limits(
            int stackCellsMax, int framesMax, int memoryPagesMax, int residentPagesMax, int pendingInterruptsMax) {
        this(stackCellsMax, framesMax, memoryPagesMax, residentPagesMax, pendingInterruptsMax, TABLE_ELEMENTS_MAX);
    }

    /** Limits with as much in heap sections as by default. */
    public Limits(
            int stackCellsMax,
            int framesMax,
            int memoryPagesMax,
            int residentPagesMax,
            int pendingInterruptsMax,
            int tableElementsMax) {
        this(
                stackCellsMax,
                framesMax,
                memoryPagesMax,
                residentPagesMax,
                pendingInterruptsMax,
                tableElementsMax,
                SECTIONS_MAX,
                SECTION_BYTES_MAX);
    }

    public Limits {
        check("stackCellsMax", stackCellsMax, 64, 1 << 27);
        check("framesMax", framesMax, 1, 1 << 24);
        check("memoryPagesMax", memoryPagesMax, 0, 65_536);
        check("residentPagesMax", residentPagesMax, 1, 1 << 20);
        check("pendingInterruptsMax", pendingInterruptsMax, 1, 1 << 20);
        check("tableElementsMax", tableElementsMax, 0, TABLE_ELEMENTS_MAX);
        check("sectionsMax", sectionsMax, 0, 1 << 20);
        check("sectionBytesMax", sectionBytesMax, 0, 1 << 30);
    }

    /** The same but for the memory in use, 4 KiB pages. */
    public Limits withResidentPagesMax(int pages) {
        return new Limits(
                stackCellsMax,
                framesMax,
                memoryPagesMax,
                pages,
                pendingInterruptsMax,
                tableElementsMax,
                sectionsMax,
                sectionBytesMax);
    }

    /** The same but for the memory in use, 1 to {@value #RESIDENT_MEBIBYTES_MAX} MiB. */
    public Limits withResidentMebibytesMax(long mebibytes) {
        if (mebibytes < 1 || mebibytes > RESIDENT_MEBIBYTES_MAX) {
            throw new IllegalArgumentException(
                    "the memory in use is " + mebibytes + " MiB, expected 1 to " + RESIDENT_MEBIBYTES_MAX);
        }
        return withResidentPagesMax((int) mebibytes * PAGES_PER_MEBIBYTE);
    }

    /** The memory that may be in use, in MiB, rounded down. */
    public int residentMebibytesMax() {
        return residentPagesMax / PAGES_PER_MEBIBYTE;
    }

    private static void check(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ", expected " + min + " to " + max);
        }
    }
}
