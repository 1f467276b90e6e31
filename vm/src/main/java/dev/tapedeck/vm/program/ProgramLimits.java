package dev.tapedeck.vm.program;

/**
 * How large a program may be. The verifier holds every program to these limits and the file reader every file, so that a
 * hostile one is refused instead of exhausting time or memory. What a running program may use is another matter: see
 * {@code dev.tapedeck.vm.machine.Limits}.
 *
 * <p>All values are the largest that is allowed.
 */
public final class ProgramLimits {
    private ProgramLimits() {}

    /** Bytes of a {@code .bc} file. */
    public static final int FILE_BYTES_MAX = 1 << 28;

    /** Characters of one name or source file name. */
    public static final int NAME_CHARS_MAX = 1 << 16;

    /** Different names, tags and source file names of the whole program together. */
    public static final int STRINGS_MAX = 1 << 22;

    /** Bytes of the input of a test, and of its expected output. */
    public static final int TEXT_BYTES_MAX = 1 << 24;

    public static final int TYPES_MAX = 1 << 16;

    /** Parameters of a function type, as in WebAssembly's engines. */
    public static final int PARAMETERS_MAX = 1_000;

    /** Results of a function type, as in WebAssembly's engines. */
    public static final int RESULTS_MAX = 1_000;

    /** Parameters and results of all function types together. */
    public static final int TYPE_CELLS_MAX = 1 << 20;

    public static final int IMPORTS_MAX = 1 << 16;
    public static final int FUNCTIONS_MAX = 1 << 18;

    /** Parameters and locals of one function together, as in WebAssembly's engines. */
    public static final int LOCALS_PER_FUNCTION_MAX = 50_000;

    /** Locals of all functions together, and names of parameters and locals of all functions together. */
    public static final int LOCALS_MAX = 1 << 23;

    /** Instructions of one function. */
    public static final int INSTRUCTIONS_PER_FUNCTION_MAX = 1 << 22;

    /** Instructions and {@code br_table} targets of the whole program together. */
    public static final int INSTRUCTIONS_MAX = 1 << 23;

    /** Targets of one {@code br_table}, the default included. */
    public static final int BRANCH_TARGETS_MAX = 1 << 20;

    /** Cells on the operand stack of one function; so also the largest count of {@code unwind}. */
    public static final int OPERAND_CELLS_MAX = 65_535;

    /** Bytes that are added to the address on the stack by a load or store. */
    public static final long OFFSET_MAX = 0xFFFF_FFFFL;

    public static final int GLOBALS_MAX = 1 << 20;
    public static final int MEMORIES_MAX = 1 << 10;
    public static final int TABLES_MAX = 1 << 16;

    /** Elements that are given for all tables and element segments together. */
    public static final int TABLE_ELEMENTS_MAX = 1 << 23;

    public static final int ELEMENT_SEGMENTS_MAX = 1 << 20;

    public static final int DATA_SEGMENTS_MAX = 1 << 20;

    /** Bytes of all data segments together. */
    public static final int DATA_BYTES_MAX = 1 << 27;

    public static final int EXPORTS_MAX = 1 << 20;
    public static final int SOURCES_MAX = 1 << 16;
    public static final int TESTS_MAX = 1 << 16;

    /** Tags of all tests together. */
    public static final int TAGS_MAX = 1 << 18;

    /** Arguments, variables and files of the systems of all tests. */
    public static final int TEST_TEXTS_MAX = 1 << 16;

    /** Characters of one tag. */
    public static final int TAG_CHARS_MAX = 1 << 8;

    /** Resource locks of all tests together. */
    public static final int RESOURCE_LOCKS_MAX = 1 << 16;

    /** Characters of the name of a resource. */
    public static final int RESOURCE_CHARS_MAX = 1 << 8;

    /** The longest timeout of a test, in milliseconds: 365 days. */
    public static final long TIMEOUT_MILLIS_MAX = 365L * 24 * 60 * 60 * 1000;

    /** Arguments and expected results of all tests together. */
    public static final int TEST_CELLS_MAX = 1 << 20;

    /** Globals, registers and pieces of memory that all tests together expect something of. */
    public static final int STATE_EXPECTATIONS_MAX = 1 << 16;

    /** Bytes of memory that all tests together expect. */
    public static final int EXPECTED_MEMORY_BYTES_MAX = 1 << 24;

    /** Scheduled interrupts of all tests together. */
    public static final int SCHEDULED_INTERRUPTS_MAX = 1 << 20;

    /**
     * Different operand stacks that the verifier meets in one function. Real code has fewer than it has instructions;
     * only calls with hundreds of results, repeated on ever different stacks, have more.
     */
    public static final int OPERAND_STACKS_MAX = 1 << 22;

    /**
     * Parameters, results and unwound cells that the verifier looks at, summed over all calls, returns and unwinds of
     * the program. Real code has a few for each.
     */
    public static final long TRANSFERRED_CELLS_MAX = 1L << 26;
}
