package dev.tapedeck.vm.wasi;

/**
 * The attributes of a file.
 *
 * @param device different for the virtual tree and for real ones
 * @param inode unique within the device
 * @param links names that the file has
 * @param size bytes of a file or of a link's target
 * @param accessed when it was read last, nanoseconds since 1970
 * @param modified when its content was changed last
 * @param changed when anything of it was changed last
 */
record Filestat(
        long device, long inode, FileType type, long links, long size, long accessed, long modified, long changed) {}
