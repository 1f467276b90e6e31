package dev.tapedeck.harness.condition;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;

/**
 * A place of a state, written as in a condition: {@code local.NAME}, {@code global.NAME}, {@code operand.N},
 * {@code mem32[ADDRESS]}, {@code hp}.
 *
 * @param location where it is, or begins
 * @param length of memory, in bytes; else 1
 */
public record Place(Location location, int length) {
    /**
     * @param machine stands where the place is looked for: locals and operands are those of its innermost frame
     * @throws ConditionException if the text is no place, or there is none of this name
     */
    public static Place parse(Recording recording, Machine machine, String text) throws ConditionException {
        if (text.strip().equals("hp")) {
            return new Place(new Location.Register("hp"), 1);
        }
        Expression expression =
                new ConditionParser(machine.program(), text).parse().root();
        Moment moment = new Moment(recording, machine);
        int frame = machine.depth() - 1;
        // Whether it is there is found out by reading it.
        expression.whole(moment);
        if (moment.missing) {
            throw new ConditionException("there is no " + text.strip() + " at instruction count " + machine.icount()
                    + (expression instanceof Expression.Operand ? operands(machine, frame) : ""));
        }
        if (expression instanceof Expression.Global global) {
            return new Place(new Location.GlobalVariable(global.index()), 1);
        } else if (expression instanceof Expression.Local local) {
            return new Place(new Location.Local(frame, local.index(moment)), 1);
        } else if (expression instanceof Expression.Operand operand) {
            return new Place(new Location.Operand(frame, machine.operandCount(frame) - 1 - operand.fromTop()), 1);
        } else if (expression instanceof Expression.Memory memory) {
            long address = memory.address().whole(moment);
            return new Place(new Location.MemoryByte(memory.memory(), address), memory.bytes());
        }
        throw new ConditionException(
                "'" + text.strip()
                        + "' is no place; places are local.NAME, global.NAME, operand.N, mem8[ADDRESS] to mem64[ADDRESS] and hp");
    }

    private static String operands(Machine machine, int frame) {
        int count = frame < 0 ? 0 : machine.operandCount(frame);
        return switch (count) {
            case 0 -> ": the operand stack is empty";
            case 1 -> ": there is one operand, operand.0";
            default ->
                ": operands are counted from the top of the stack, where operand.0 is, and the deepest is operand."
                        + (count - 1);
        };
    }
}
