package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.program.Program.HostImport;

/** One host call while it happens: what the program passed, and what the host gives back. Valid only during the call. */
public interface HostCall {
    /** Index of the import, from 0. */
    int index();

    HostImport hostImport();

    /** Instructions completed before the call. */
    long icount();

    int argumentCount();

    /** The cell of an argument, from 0. */
    long argument(int index);

    /** Sets a result cell, from 0; results not set are 0. */
    void setResult(int index, long cell);

    /** Size of the linear memory in bytes, 0 to 2^32. */
    long memoryBytes();

    /**
     * Copies bytes out of linear memory.
     *
     * @param address 0 to 2^32-1
     * @throws HostException if the range is not inside the memory
     */
    byte[] readMemory(long address, int length) throws HostException;

    /**
     * Copies bytes into memory 0.
     *
     * @throws HostException if the range is not inside the memory; nothing is written then
     */
    default void writeMemory(long address, byte[] bytes) throws HostException {
        writeMemory(0, address, bytes);
    }

    /**
     * Copies bytes into a memory. A host has no other way to change one.
     *
     * @param memory index of the memory
     * @throws HostException if there is no such memory or the range is not inside it; nothing is written then
     */
    void writeMemory(int memory, long address, byte[] bytes) throws HostException;

    /** Stops the program with an exit code when the call is over. */
    void halt(int exitCode);
}
