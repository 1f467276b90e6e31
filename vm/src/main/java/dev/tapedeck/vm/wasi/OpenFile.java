package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.wasi.Directory.Times;

/** An open regular file, virtual or real. Positions and sizes are 0 or more. */
interface OpenFile {
    Filestat stat() throws ErrnoException;

    /** Bytes from {@code position} on, fewer than {@code count} only at the end of the file. */
    byte[] read(long position, int count) throws ErrnoException;

    /** Writes from {@code position} on, which may be behind the end; gives the number written, at least 1. */
    int write(long position, byte[] bytes) throws ErrnoException;

    long size() throws ErrnoException;

    /** Cuts the file off or extends it by zeros. */
    void setSize(long size) throws ErrnoException;

    void setTimes(Times times) throws ErrnoException;

    void sync() throws ErrnoException;

    void close();
}
