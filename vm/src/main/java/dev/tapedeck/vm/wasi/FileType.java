package dev.tapedeck.vm.wasi;

/** What a file or descriptor is: the standard's types, in the standard's order. */
enum FileType {
    UNKNOWN,
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    REGULAR_FILE,
    SOCKET_DGRAM,
    SOCKET_STREAM,
    SYMBOLIC_LINK;

    /** The standard's number. */
    @SuppressWarnings("EnumOrdinal") // The standard lists them in this order.
    int code() {
        return ordinal();
    }
}
