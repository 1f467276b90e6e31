package dev.tapedeck.harness.effect;

import dev.tapedeck.vm.isa.Access;
import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;

/**
 * What the next instruction of a machine reads and will write. It is read off before the instruction is executed, into
 * one object that is used again and again, because a bisection does so for each instruction of a stretch. For the same
 * reason its fields are public; only {@link #read} changes them.
 *
 * <p>Stack cells are named by their absolute index, the same that {@link Machine#sp} and {@link Machine#bp} use, because
 * arguments stay where they are when a call makes them locals of the callee.
 */
public final class Effect {
    private final Program program;

    public int function;
    public int offset;
    public Instruction instruction = Instruction.of(Opcode.NOP);
    public Opcode opcode = Opcode.NOP;
    public int depth;
    public int bp;
    public int sp;

    /** Operand cells that are read, counted from the top of the stack. */
    public int pops;

    /** The local that is read, as an absolute cell, or -1. */
    public int localRead;

    /** Of a conditional branch, whether it jumps, be it to the instruction behind it. */
    public boolean jumps;

    /** The cells that are written: from (inclusive) to (exclusive), absolute. */
    public int writeFrom;

    public int writeTo;

    /** If the written cells are moved ones, the first cell they come from; else -1. */
    public int moveFrom;

    /** The memory that is read by this instruction: index, address, and length in bytes; length 0 if none. */
    public int readMemory;

    public long readAddress;

    public long readLength;

    /** The memory that is written. What a host writes is not known here. */
    public int writeMemory;

    public long writeAddress;

    public long writeLength;

    /** The table that is written, or -1, and which of its elements. */
    public int tableWrite;

    public long elementsFrom;

    public long elementsLength;

    /** The heap section that is written, made or freed, or -1, and which of its bytes. */
    public int sectionWrite;

    public long sectionFrom;

    public long sectionLength;

    /** The global that is written, or -1. */
    public int globalWrite;

    /** Whether hp, the interrupt flag, a handler, what is pending, a memory's size, a table, a segment or a heap section may change. */
    public boolean machineWrite;

    public Effect(Program program) {
        this.program = program;
    }

    /** Whether an instruction stores to memory. */
    public static boolean isStore(Opcode opcode) {
        return opcode.access().isPresent()
                && opcode.access().get().store()
                && opcode.access().get().space() == Access.Space.MEMORY;
    }

    /** The cell at an absolute index, in whichever frame it is. */
    public static long cell(Machine machine, int absolute) {
        int frame = machine.depth() - 1;
        int from = machine.bp();
        int locals = machine.sp() - from - machine.operandCount(frame);
        while (absolute < from) {
            frame--;
            locals = locals(machine, frame);
            from -= locals + machine.operandCount(frame);
        }
        int inFrame = absolute - from;
        return inFrame < locals ? machine.local(frame, inFrame) : machine.operand(frame, inFrame - locals);
    }

    /**
     * The absolute index of a local, an operand or, where there is no such frame, a result of the run; -1 for any other
     * place.
     */
    public static int cellOf(Machine machine, Location location) {
        int frame;
        int index;
        boolean operand;
        if (location instanceof Location.Local local) {
            frame = local.frame();
            index = local.index();
            operand = false;
        } else if (location instanceof Location.Operand at) {
            frame = at.frame();
            index = at.index();
            operand = true;
        } else {
            return -1;
        }
        int base = 0;
        for (int i = 0; i < Math.min(frame, machine.depth()); i++) {
            base += locals(machine, i) + machine.operandCount(i);
        }
        return base + index + (operand && frame < machine.depth() ? locals(machine, frame) : 0);
    }

    /** As {@link #writeTo}, but for the results of the run: they stay where those of a call would, though no frame has them. */
    public int resultsTo() {
        return opcode == Opcode.RETURN ? writeFrom + pops : writeTo;
    }

    /** Parameters and locals of a frame. */
    public static int locals(Machine machine, int frame) {
        Function function =
                machine.program().functions().get(machine.framePosition(frame).function());
        return machine.program().typeOf(function).parameters().size()
                + function.locals().size();
    }

    /** Looks at the next instruction. The machine must be running. */
    public void read(Machine machine) {
        Position position = machine.position();
        function = position.function();
        offset = position.offset();
        instruction = program.functions().get(function).code().get(offset);
        opcode = instruction.opcode();
        depth = machine.depth();
        bp = machine.bp();
        sp = machine.sp();
        pops = 0;
        localRead = -1;
        writeFrom = sp;
        writeTo = sp;
        moveFrom = -1;
        jumps = false;
        readMemory = 0;
        readLength = 0;
        writeMemory = 0;
        writeLength = 0;
        tableWrite = -1;
        elementsLength = 0;
        globalWrite = -1;
        sectionWrite = -1;
        sectionLength = 0;
        machineWrite = false;
        switch (opcode) {
            case NOP, BR, UNREACHABLE -> {}
            case BR_IF, BR_UNLESS -> {
                pops = 1;
                jumps = ((int) cell(machine, sp - 1) != 0) == (opcode == Opcode.BR_IF);
            }
            case BR_TABLE, DROP, HALT -> pops = 1;
            case RETURN -> {
                int results = program.typeOf(code()).results().size();
                pops = results;
                moveFrom = sp - results;
                writeFrom = bp;
                writeTo = depth == 1 ? bp : bp + results;
            }
            case INTERRUPT_RETURN -> machineWrite = true;
            case CALL -> calls((int) instruction.a(), 0);
            case CALL_INDIRECT -> {
                pops = 1;
                int callee = indirectCallee(machine);
                if (callee >= 0) {
                    calls(callee, 1);
                }
            }
            case SELECT -> {
                pops = 3;
                writes(sp - 3, 1);
            }
            case LOCAL_GET -> {
                localRead = bp + (int) instruction.a();
                writes(sp, 1);
            }
            case LOCAL_SET, LOCAL_TEE -> {
                pops = 1;
                moveFrom = sp - 1;
                writes(bp + (int) instruction.a(), 1);
            }
            case GLOBAL_GET, MEMORY_SIZE, TABLE_SIZE, REF_NULL, REF_FUNC, INTERRUPT_ENABLED, HP_GET -> writes(sp, 1);
            case REF_IS_NULL, TABLE_GET -> {
                pops = 1;
                writes(sp - 1, 1);
            }
            case TABLE_SET -> {
                pops = 2;
                writesTable(instruction.a(), address(machine, sp - 2), 1);
            }
            case TABLE_FILL -> {
                pops = 3;
                writesTable(instruction.a(), address(machine, sp - 3), address(machine, sp - 1));
            }
            case TABLE_COPY -> {
                pops = 3;
                writesTable(instruction.a(), address(machine, sp - 3), address(machine, sp - 1));
            }
            case TABLE_INIT -> {
                pops = 3;
                writesTable(instruction.b(), address(machine, sp - 3), address(machine, sp - 1));
            }
            case TABLE_GROW -> {
                pops = 2;
                writes(sp - 2, 1);
                writesTable(instruction.a(), machine.tableSize((int) instruction.a()), address(machine, sp - 1));
            }
            case DATA_DROP, ELEM_DROP -> machineWrite = true;
            case MEMORY_INIT -> {
                pops = 3;
                writeMemory = (int) instruction.b();
                writeAddress = address(machine, sp - 3);
                writeLength = address(machine, sp - 1);
            }
            case GLOBAL_SET -> {
                pops = 1;
                globalWrite = (int) instruction.a();
            }
            case MEMORY_GROW -> {
                pops = 1;
                writes(sp - 1, 1);
                machineWrite = true;
            }
            case MEMORY_COPY -> {
                pops = 3;
                writeMemory = (int) instruction.a();
                readMemory = (int) instruction.b();
                writeAddress = address(machine, sp - 3);
                readAddress = address(machine, sp - 2);
                writeLength = address(machine, sp - 1);
                readLength = writeLength;
            }
            case MEMORY_FILL -> {
                pops = 3;
                writeMemory = (int) instruction.a();
                writeAddress = address(machine, sp - 3);
                writeLength = address(machine, sp - 1);
            }
            case IP_GET, SP_GET, BP_GET, ICOUNT_GET -> writes(sp, 1);
            case SECTION_NEW -> {
                pops = 1;
                writes(sp - 1, 1);
                writesSection(machine.sectionsMade() + 1L, 0, address(machine, sp - 1));
            }
            case SECTION_FREE -> {
                pops = 1;
                writesSection(cell(machine, sp - 1), 0, 0);
            }
            case SECTION_SIZE -> {
                pops = 1;
                writes(sp - 1, 1);
            }
            case SECTION_COPY -> {
                pops = 5;
                writesSection(cell(machine, sp - 5), address(machine, sp - 4), address(machine, sp - 1));
            }
            case SECTION_FILL -> {
                pops = 4;
                writesSection(cell(machine, sp - 4), address(machine, sp - 3), address(machine, sp - 1));
            }
            case UNWIND -> {
                pops = (int) (instruction.a() + instruction.b());
                moveFrom = sp - (int) instruction.a();
                writes(sp - pops, (int) instruction.a());
            }
            case CALL_HOST -> {
                Program.FunctionType type = program.typeOf(program.imports().get((int) instruction.a()));
                pops = type.parameters().size();
                writes(sp - pops, type.results().size());
            }
            case INTERRUPT_ENABLE, INTERRUPT_DISABLE -> machineWrite = true;
            case INTERRUPT_HANDLE, INTERRUPT_UNHANDLE, HP_SET -> {
                pops = 1;
                machineWrite = true;
            }
            case INTERRUPT_RAISE -> {
                pops = 2;
                machineWrite = true;
            }
            default -> readFixed(machine);
        }
    }

    private void readFixed(Machine machine) {
        Opcode.Effect effect = opcode.effect().orElseThrow();
        pops = effect.pops().size();
        writes(sp - pops, effect.pushes().size());
        if (opcode.access().isPresent()) {
            accesses(machine, opcode.access().get());
        } else {
            // What is not known to change nothing but the stack may change anything: complete states are compared then.
            machineWrite = opcode.determinism() != Determinism.PURE;
        }
    }

    private void accesses(Machine machine, Access access) {
        if (access.space() == Access.Space.SECTION) {
            if (access.store()) {
                writesSection(cell(machine, sp - 3), address(machine, sp - 2) + instruction.a(), access.bytes());
            }
            return;
        }
        long address = address(machine, sp - pops) + instruction.a();
        if (access.store()) {
            writeMemory = (int) instruction.b();
            writeAddress = address;
            writeLength = access.bytes();
        } else {
            readMemory = (int) instruction.b();
            readAddress = address;
            readLength = access.bytes();
        }
    }

    private void writesSection(long section, long from, long length) {
        sectionWrite = (int) section;
        sectionFrom = from;
        sectionLength = length;
        machineWrite = true;
    }

    private void writesTable(long table, long from, long length) {
        tableWrite = (int) table;
        elementsFrom = from;
        elementsLength = length;
        machineWrite = true;
    }

    private void writes(int from, int count) {
        writeFrom = from;
        writeTo = from + count;
    }

    private void calls(int callee, int operands) {
        // The arguments stay where they are; the callee's own locals behind them start as zero.
        writes(sp - operands, program.functions().get(callee).locals().size());
    }

    private static long address(Machine machine, int cell) {
        return cell(machine, cell) & 0xffff_ffffL;
    }

    private Function code() {
        return program.functions().get(function);
    }

    /** The function that a {@code call} or {@code call_indirect} enters, or -1 if it enters none. */
    public int callee(Machine machine) {
        return switch (opcode) {
            case CALL -> (int) instruction.a();
            case CALL_INDIRECT -> indirectCallee(machine);
            default -> -1;
        };
    }

    private int indirectCallee(Machine machine) {
        long index = cell(machine, sp - 1) & 0xffff_ffffL;
        int table = (int) instruction.b();
        if (index >= machine.tableSize(table)) {
            return -1;
        }
        int callee = (int) machine.tableElement(table, (int) index) - 1;
        if (callee < 0) {
            return -1;
        }
        Program.FunctionType found = program.typeOf(program.functions().get(callee));
        return found.equals(program.types().get((int) instruction.a())) ? callee : -1;
    }

    /** Whether the instruction chooses between several next instructions of its function. */
    public boolean chooses() {
        return opcode.hasLabels() && opcode != Opcode.BR;
    }
}
