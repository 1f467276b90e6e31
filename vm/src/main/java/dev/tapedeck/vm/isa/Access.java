package dev.tapedeck.vm.isa;

/** How a load or store reaches the bytes that it reads or writes. */
public enum Access {
    LOAD_1(Space.MEMORY, false, 1),
    LOAD_2(Space.MEMORY, false, 2),
    LOAD_4(Space.MEMORY, false, 4),
    LOAD_8(Space.MEMORY, false, 8),
    STORE_1(Space.MEMORY, true, 1),
    STORE_2(Space.MEMORY, true, 2),
    STORE_4(Space.MEMORY, true, 4),
    STORE_8(Space.MEMORY, true, 8),
    SECTION_LOAD_1(Space.SECTION, false, 1),
    SECTION_LOAD_2(Space.SECTION, false, 2),
    SECTION_LOAD_4(Space.SECTION, false, 4),
    SECTION_LOAD_8(Space.SECTION, false, 8),
    SECTION_STORE_1(Space.SECTION, true, 1),
    SECTION_STORE_2(Space.SECTION, true, 2),
    SECTION_STORE_4(Space.SECTION, true, 4),
    SECTION_STORE_8(Space.SECTION, true, 8);

    /** Where the bytes are. */
    public enum Space {
        MEMORY,
        SECTION
    }

    private final Space space;
    private final boolean store;
    private final int bytes;

    Access(Space space, boolean store, int bytes) {
        this.space = space;
        this.store = store;
        this.bytes = bytes;
    }

    public Space space() {
        return space;
    }

    /** Whether it writes the bytes, or reads them. */
    public boolean store() {
        return store;
    }

    /** How many bytes, 1 to 8. */
    public int bytes() {
        return bytes;
    }
}
