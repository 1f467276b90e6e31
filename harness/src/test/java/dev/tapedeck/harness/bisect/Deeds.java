package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All that a run does to memory, globals, interrupts and its host, and how it ends, as an oracle for what two versions do:
 * by the names of instructions and of what they are about, without anything that bisection is made of.
 */
final class Deeds {
    /**
     * @param what the kind of deed, with all that has to be equal
     * @param numbers which may be addresses
     * @param outside whether it is seen outside of the machine
     * @param bytes that are put out
     */
    record Deed(long icount, String what, List<Long> numbers, boolean outside, String bytes) {}

    private static final Pattern STORE = Pattern.compile("(?:i|f)(32|64)\\.store(8|16|32)?");

    private final Program program;
    private final LiveRun run;
    private final List<Deed> all = new ArrayList<>();

    private Deeds(VerifiedProgram program, RunOptions options, Host host) {
        this.program = program.program();
        run = new LiveRun(program, options, host);
    }

    /** All of them; the last is {@code "limit"} for a run that its limit stopped. */
    static List<Deed> of(VerifiedProgram program, RunOptions options, Host host) {
        Deeds deeds = new Deeds(program, options, host);
        while (!deeds.run.over()) {
            deeds.run.boundary();
            deeds.next();
            deeds.run.execute();
        }
        Machine machine = deeds.run.machine;
        if (machine.status() == Status.FAULTED) {
            deeds.add("fault " + machine.fault().orElseThrow().kind(), List.of(), true, "");
        } else if (deeds.run.limited()) {
            deeds.add("limit", List.of(), false, "");
        }
        return deeds.all;
    }

    private void add(String what, List<Long> numbers, boolean outside, String bytes) {
        all.add(new Deed(run.machine.icount(), what, numbers, outside, bytes));
    }

    private void next() {
        Instruction instruction = run.machine.instruction();
        Opcode opcode = instruction.opcode();
        String name = opcode.mnemonic();
        int index = (int) instruction.a();
        Matcher store = STORE.matcher(name);
        if (store.matches()) {
            int bits = Integer.parseInt(store.group(2) == null ? store.group(1) : store.group(2));
            List<Long> operands = operands(2);
            long address = (operands.get(0) & 0xffff_ffffL) + instruction.a();
            long value = operands.get(1) << (64 - bits) >> (64 - bits);
            add("store " + bits, List.of(address, value), false, "");
            return;
        }
        switch (name) {
            case "memory.copy", "memory.fill" -> add(name, operands(3), false, "");
            case "memory.grow", "hp.set", "interrupt.unhandle" -> add(name, operands(1), false, "");
            case "global.set" -> add(name + " " + program.globals().get(index).name(), operands(1), false, "");
            case "interrupt.handle" -> add(name + " " + program.functionName(index), operands(1), false, "");
            case "interrupt.raise" -> add(name, operands(2), false, "");
            case "interrupt.enable", "interrupt.disable" -> add(name, List.of(), false, "");
            case "halt" -> add("exit " + operands(1), List.of(), true, "");
            case "return" -> {
                if (run.machine.depth() == 1) {
                    int function = run.machine.position().function();
                    int results = program.typeOf(program.functions().get(function))
                            .results()
                            .size();
                    add("return " + operands(results), List.of(), true, "");
                }
            }
            case "call_host" -> call(program.imports().get(index));
            default -> {
                if (name.startsWith("table.") || name.startsWith("section.") || name.endsWith(".drop")) {
                    throw new AssertionError(name + " is not expected in the programs that are compared here");
                }
            }
        }
    }

    private void call(Program.HostImport called) {
        String name = called.qualifiedName();
        List<Long> arguments = operands(program.typeOf(called).parameters().size());
        if (name.startsWith("tape.print_") || name.equals("tape.exit")) {
            add(name + arguments, List.of(), true, "");
        } else {
            add(name, arguments, true, name.equals("tape.output") ? bytes(arguments) : "");
        }
    }

    private String bytes(List<Long> arguments) {
        long address = arguments.get(0) & 0xffff_ffffL;
        long length = arguments.get(1) & 0xffff_ffffL;
        return address + length <= run.machine.memoryBytes()
                ? HexFormat.of().formatHex(run.machine.readMemory(address, (int) length))
                : "what is not there";
    }

    /** The topmost operands, the last one on top. */
    private List<Long> operands(int count) {
        int frame = run.machine.depth() - 1;
        int from = run.machine.operandCount(frame) - count;
        List<Long> values = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            values.add(run.machine.operand(frame, i));
        }
        return values;
    }

    /** Whether two deeds of two programs are the same but for numbers that mean the same place in data that moved. */
    static boolean same(Program a, Deed one, Program b, Deed other) {
        if (!one.what.equals(other.what) || one.numbers.size() != other.numbers.size()) {
            return false;
        }
        for (int i = 0; i < one.numbers.size(); i++) {
            long ofA = one.numbers.get(i);
            long ofB = other.numbers.get(i);
            Optional<String> place = place(a, b, ofA);
            if (ofA != ofB && (place.isEmpty() || !place.equals(place(b, a, ofB)))) {
                return false;
            }
        }
        return true;
    }

    /** In which data segment that both programs have, or how far in the heap behind all of them, an address is. */
    private static Optional<String> place(Program of, Program other, long number) {
        long address = number & 0xffff_ffffL;
        if (number != (int) number && number != address) {
            return Optional.empty();
        }
        long heap = 0;
        String found = null;
        for (DataSegment segment : of.data()) {
            heap = Math.max(heap, segment.address() + segment.length());
            for (DataSegment twin : other.data()) {
                long length = Math.min(segment.length(), twin.length());
                if (twin.name().equals(segment.name())
                        && address >= segment.address()
                        && address <= segment.address() + length) {
                    found = segment.name() + "+" + (address - segment.address());
                }
            }
        }
        heap = (heap + 15) / 16 * 16;
        return address >= heap ? Optional.of("heap+" + (address - heap)) : Optional.ofNullable(found);
    }
}
