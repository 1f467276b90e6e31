package dev.tapedeck.harness.benchmark;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;

/** A machine whose program writes to as many pages as one likes, spread evenly over its memory. */
public final class WrittenMemory {
    private static final int MEMORY_PAGES_PER_GIB = 16_384;
    private static final String PROGRAM = """
            .memory PAGES PAGES
            .func write(count: i32, stride: i32, value: i32)
              .local address: i32
            next:
              local.get address
              local.get value
              i32.store
              local.get address
              local.get stride
              i32.add
              local.set address
              local.get count
              i32.const 1
              i32.sub
              local.tee count
              br_if next
              return
            .end
            .entry write
            """;

    private final Machine machine;
    private final int pages;
    private final int stride;
    private int value;

    /**
     * @param gib size of the memory, 1 to 4
     * @param pages how many pages of 4 KiB each {@link #write} writes to; 0 writes nothing
     */
    public WrittenMemory(int gib, int pages) {
        int memoryPages = gib * MEMORY_PAGES_PER_GIB;
        VerifiedProgram program;
        try {
            program = Verifier.verify(
                    Assembler.assemble("write.tasm", PROGRAM.replace("PAGES", Integer.toString(memoryPages))));
        } catch (AssemblyException | VerifyException e) {
            throw new IllegalStateException(e);
        }
        this.machine = new Machine(program, call -> {}, Limits.DEFAULT);
        this.pages = pages;
        long pagesApart = ((long) gib << 30) / Math.max(1, pages) / Snapshot.PAGE_BYTES;
        this.stride = (int) (pagesApart * Snapshot.PAGE_BYTES);
    }

    public Machine machine() {
        return machine;
    }

    /** Writes a number it has not written before into each of the pages. */
    public void write() {
        if (pages == 0) {
            return;
        }
        machine.start(0, pages, stride, ++value);
        machine.run(Long.MAX_VALUE);
    }
}
