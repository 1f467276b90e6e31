package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Makes valid programs at random: a few functions with loops, conditions, table branches, direct and indirect calls,
 * memory accesses and arithmetic of every type. They end, by themselves or by a fault.
 */
final class RandomProgram {
    private static final List<Opcode> OPCODES = List.of(Opcode.values());
    private static final int FUNCTIONS = 4;
    private static final int LOCALS_PER_TYPE = 3;
    private static final ValueType[] TYPES = {ValueType.I32, ValueType.I64, ValueType.F32, ValueType.F64};

    private final Random random;
    private final List<String> lines = new ArrayList<>();
    private int function;
    private int labels;
    private int loops;

    private RandomProgram(long seed) {
        random = new Random(seed);
    }

    static String[] lines(long seed) {
        return new RandomProgram(seed).program();
    }

    private String[] program() {
        lines.add(".memory 1 3");
        for (ValueType type : TYPES) {
            lines.add(".global g_" + type + ": mut " + type + " = 3");
        }
        lines.add(".table callees = f1, f2, f3, f2, _");
        for (function = 0; function < FUNCTIONS; function++) {
            labels = 0;
            loops = 0;
            lines.add(".func f" + function + "(p: i32) -> (i64)");
            List<String> locals = new ArrayList<>();
            for (ValueType type : TYPES) {
                for (int i = 0; i < LOCALS_PER_TYPE; i++) {
                    locals.add(type + "_" + i + ": " + type);
                }
            }
            for (int i = 0; i < 8; i++) {
                locals.add("loop_" + i + ": i32");
            }
            lines.add(".local " + String.join(", ", locals));
            for (int i = 0; i < 5; i++) {
                statement(2);
            }
            expression(ValueType.I64, 2);
            lines.add("return");
            lines.add(".end");
        }
        lines.add(".entry f0");
        return lines.toArray(String[]::new);
    }

    private ValueType anyType() {
        return TYPES[random.nextInt(TYPES.length)];
    }

    private void statement(int depth) {
        switch (random.nextInt(depth > 0 ? 12 : 6)) {
            case 0, 1, 2 -> {
                ValueType type = anyType();
                expression(type, 3);
                lines.add("local.set " + local(type));
            }
            case 3 -> {
                ValueType type = anyType();
                address();
                expression(type, 2);
                lines.add(type + ".store [+" + random.nextInt(20) + "]");
            }
            case 4 -> {
                ValueType type = anyType();
                expression(type, 2);
                lines.add("global.set g_" + type);
            }
            case 5 -> {
                address();
                expression(ValueType.I32, 1);
                lines.add("i32.const " + random.nextInt(9_000));
                lines.add(random.nextBoolean() ? "memory.fill" : "i32.const 1023\ni32.and\nmemory.copy");
            }
            case 6, 7 -> {
                String otherwise = label();
                String end = label();
                expression(ValueType.I32, 2);
                lines.add((random.nextBoolean() ? "br_unless " : "br_if ") + otherwise);
                statement(depth - 1);
                lines.add("br " + end);
                lines.add(otherwise + ":");
                statement(depth - 1);
                lines.add(end + ":");
            }
            case 8, 9 -> loop(depth);
            case 10 -> {
                String a = label();
                String b = label();
                String c = label();
                expression(ValueType.I32, 1);
                lines.add("i32.const 3");
                lines.add("i32.and");
                lines.add("br_table " + a + " " + b + " " + c);
                lines.add(a + ":");
                statement(depth - 1);
                lines.add(b + ":");
                statement(depth - 1);
                lines.add(c + ":");
            }
            default -> {
                if (function + 1 < FUNCTIONS) {
                    expression(ValueType.I32, 1);
                    lines.add("call f" + (function + 1 + random.nextInt(FUNCTIONS - function - 1)));
                    lines.add("local.set " + local(ValueType.I64));
                }
                if (function == 0) {
                    expression(ValueType.I32, 1);
                    lines.add("i32.const " + random.nextInt(4));
                    lines.add("call_indirect callees (i32) -> (i64)");
                    lines.add("drop");
                }
            }
        }
    }

    private void loop(int depth) {
        if (loops == 8) {
            return;
        }
        String counter = "loop_" + loops++;
        String again = label();
        lines.add("i32.const " + (1 + random.nextInt(12)));
        lines.add("local.set " + counter);
        lines.add(again + ":");
        statement(depth - 1);
        statement(depth - 1);
        lines.add("local.get " + counter);
        lines.add("i32.const 1");
        lines.add("i32.sub");
        lines.add("local.tee " + counter);
        lines.add("br_if " + again);
    }

    private String label() {
        return "l" + labels++;
    }

    private String local(ValueType type) {
        return type + "_" + random.nextInt(LOCALS_PER_TYPE);
    }

    /** Mostly inside of memory; one in 64 programs' accesses or so faults. */
    private void address() {
        expression(ValueType.I32, 1);
        lines.add("i32.const " + (random.nextInt(64) == 0 ? 0x1FFFF : 0xBFFF));
        lines.add("i32.and");
    }

    private void expression(ValueType type, int depth) {
        int kind = random.nextInt(10);
        if (depth == 0 || kind < 2) {
            switch (random.nextInt(4)) {
                case 0 -> lines.add(type + ".const " + (random.nextInt(2_000) - 1_000));
                case 1 -> lines.add("global.get g_" + type);
                default -> lines.add("local.get " + local(type));
            }
        } else if (kind == 2) {
            address();
            lines.add(type + ".load [+" + random.nextInt(20) + "]");
        } else if (kind == 3) {
            expression(type, depth - 1);
            expression(type, depth - 1);
            expression(ValueType.I32, depth - 1);
            lines.add("select");
        } else {
            Opcode opcode = operation(type);
            opcode.effect().orElseThrow().pops().forEach(operand -> expression(operand, depth - 1));
            lines.add(opcode.mnemonic());
        }
    }

    /** An instruction that gives this type. Those that may fault are rarer, so that most programs get far. */
    private Opcode operation(ValueType type) {
        while (true) {
            Opcode opcode = OPCODES.get(random.nextInt(OPCODES.size()));
            boolean fits = opcode.determinism() == Determinism.PURE
                    && opcode.operands().isEmpty()
                    && opcode.effect()
                            .map(effect -> effect.pushes().equals(List.of(type))
                                    && !effect.pops().isEmpty())
                            .orElse(false);
            boolean mayFault = opcode.documentation().contains("Faults");
            if (fits && (!mayFault || random.nextInt(40) == 0)) {
                return opcode;
            }
        }
    }
}
