package dev.tapedeck.vm.format;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What writer and reader of {@code .bc} files agree on. The layout is described in {@code docs/bc-format.md}; a change
 * here is a change there.
 */
final class BcFormat {
    private BcFormat() {}

    /**
     * The first bytes of every file. The high first byte shows a transfer that cleared bit 7, the line ends show one that
     * converted them, and ^Z stops a listing on a Windows console.
     */
    private static final byte[] MAGIC = {(byte) 0x89, 'T', 'A', 'P', 'E', 'B', 'C', '\r', '\n', 0x1A, '\n'};

    /** The version that is written, and the newest that is read. */
    static final int VERSION = 1;

    static byte[] magic() {
        return MAGIC.clone();
    }

    /** The sections, in the order in which they stand in a file. Ids are stable and never used again. */
    enum Section {
        STRINGS(0x01, "strings"),
        PROGRAM(0x02, "program"),
        TYPES(0x03, "types"),
        IMPORTS(0x04, "imports"),
        FUNCTIONS(0x05, "functions"),
        GLOBALS(0x06, "globals"),
        MEMORIES(0x07, "memories"),
        TABLES(0x08, "tables"),
        DATA(0x09, "data"),
        EXPORTS(0x0A, "exports"),
        TESTS(0x0B, "tests"),
        ELEMENTS(0x0C, "elements"),
        START(0x0D, "start"),
        NAMES(0x81, "names"),
        LINES(0x82, "lines"),
        INLINED(0x83, "inlined");

        final int id;
        final String label;

        Section(int id, String label) {
            this.id = id;
            this.label = label;
        }

        static Optional<Section> ofId(int id) {
            for (Section section : values()) {
                if (section.id == id) {
                    return Optional.of(section);
                }
            }
            return Optional.empty();
        }

        static @Nullable String label(int id) {
            return ofId(id).map(section -> section.label).orElse(null);
        }
    }

    /** The kinds of expectations of the state. */
    static final class StateKind {
        private StateKind() {}

        static final int GLOBAL = 1;
        static final int REGISTER = 2;
        static final int MEMORY = 3;
    }

    /** Which optional parts of a test follow, one bit each; the parts stand in the order of the bits. */
    static final class TestPart {
        private TestPart() {}

        static final int INSTRUCTION_LIMIT = 0x01;
        static final int EXPECTED_OUTPUT = 0x02;
        static final int EXPECTED_EXIT_CODE = 0x04;
        static final int EXPECTED_FAULT = 0x08;
        static final int EXPECTED_RESULTS = 0x10;
        static final int DISABLED = 0x20;

        /** Nothing follows for this one. */
        static final int APPROVED = 0x40;

        static final int SYSTEM = 0x80;

        static final int EXPECTED_STATE = 0x100;

        static final int TIMEOUT = 0x200;

        static final int LOCKS = 0x400;

        static final int ALL = 0x7FF;
    }
}
