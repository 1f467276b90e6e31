package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.program.Program.HostImport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A host call of a machine. Memory is written at once, and put back if the call fails. */
final class ActiveCall implements HostCall {
    private record Overwritten(Memory memory, long address, byte[] bytes) {}

    private final Machine machine;
    private final int index;
    private final int firstArgument;
    private final int argumentCount;
    final long[] results;
    private final List<Overwritten> overwritten = new ArrayList<>();

    @Nullable
    Integer exitCode;

    private boolean over;

    ActiveCall(Machine machine, int index, int firstArgument, int argumentCount, int resultCount) {
        this.machine = machine;
        this.index = index;
        this.firstArgument = firstArgument;
        this.argumentCount = argumentCount;
        this.results = new long[resultCount];
    }

    /** From here on the host can do nothing more with it. */
    void end() {
        over = true;
    }

    void undo() {
        for (int i = overwritten.size() - 1; i >= 0; i--) {
            Overwritten before = overwritten.get(i);
            before.memory.write(before.address, before.bytes);
        }
    }

    private void checkActive() {
        if (over) {
            throw new IllegalStateException("the host call is over");
        }
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public HostImport hostImport() {
        return machine.program().imports().get(index);
    }

    @Override
    public long icount() {
        checkActive();
        return machine.icount();
    }

    @Override
    public int argumentCount() {
        return argumentCount;
    }

    @Override
    public long argument(int argument) {
        checkActive();
        return machine.stack[firstArgument + StackView.checkIndex("argument", argument, argumentCount)];
    }

    @Override
    public void setResult(int result, long cell) {
        checkActive();
        StackView.checkIndex("result", result, results.length);
        results[result] = machine.canonicalResult(index, result, cell);
    }

    @Override
    public long memoryBytes() {
        checkActive();
        return machine.memoryBytes();
    }

    @Override
    public byte[] readMemory(long address, int length) throws HostException {
        checkRange(machine.memory, address, length);
        return machine.memory.read(address, length);
    }

    @Override
    public void writeMemory(int index, long address, byte[] bytes) throws HostException {
        checkActive();
        if (index < 0 || index >= machine.memories.length) {
            throw new HostException("there is no memory " + index);
        }
        Memory memory = machine.memories[index];
        checkRange(memory, address, bytes.length);
        if (!memory.roomFor(address, bytes)) {
            throw new HostException("address " + address + ", " + bytes.length + " bytes; " + memory.overflow());
        }
        overwritten.add(new Overwritten(memory, address, memory.read(address, bytes.length)));
        memory.write(address, bytes);
    }

    private void checkRange(Memory memory, long address, int length) throws HostException {
        checkActive();
        if (address < 0 || length < 0 || address > 1L << 32 || memory.outside(address, length)) {
            throw new HostException(
                    "address " + address + ", " + length + " bytes, memory has " + memory.bytes() + " bytes");
        }
    }

    @Override
    public void halt(int code) {
        checkActive();
        exitCode = code;
    }
}
