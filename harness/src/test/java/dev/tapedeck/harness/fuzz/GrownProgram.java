package dev.tapedeck.harness.fuzz;

import dev.tapedeck.vm.asm.FunctionBuilder;
import dev.tapedeck.vm.asm.ProgramBuilder;
import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.host.StandardHost;
import dev.tapedeck.vm.isa.ControlFlow;
import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes valid programs: each instruction finds on the stack what it pops, or has it pushed before. Two memories, two tables,
 * segments, globals of each type, functions that call each other, an interrupt handler.
 */
final class GrownProgram {
    private static final List<ValueType> TYPES = List.of(ValueType.values());
    private static final int HANDLER = 3;
    private static final int STEPS_MAX = 150;
    private static final int DEPTH_MAX = 4;
    private static final int FUNCREFS = 0;
    private static final int EXTERNREFS = 1;

    private record Signature(String name, List<ValueType> parameters, List<ValueType> results) {}

    private static final List<Signature> FUNCTIONS = List.of(
            new Signature("main", List.of(), List.of(ValueType.I64)),
            new Signature("one", List.of(ValueType.I32), List.of(ValueType.I64)),
            new Signature("two", List.of(ValueType.I64, ValueType.F64), List.of(ValueType.I32, ValueType.F32)),
            new Signature("handler", List.of(ValueType.I32, ValueType.I64), List.of()),
            new Signature(
                    "references",
                    List.of(ValueType.FUNCREF, ValueType.EXTERNREF),
                    List.of(ValueType.EXTERNREF, ValueType.I32)));

    /** All whose effect is the same everywhere, and that go on with the next instruction. */
    private static final List<Opcode> OPCODES = Arrays.stream(Opcode.values())
            .filter(opcode -> opcode.effect().isPresent() && opcode.controlFlow() == ControlFlow.NEXT)
            .toList();

    private static final List<Integer> NUMBERS =
            List.of(0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0xFFFF, 0x1_0000, 0xFFF, 0x1000, 31, 32, 7);

    private GrownProgram() {}

    static Program of(Choices choices) {
        ProgramBuilder program = new ProgramBuilder("grown")
                .memory(1, 3)
                .memory(0, 2)
                .data("text", "the first bytes of memory")
                .passiveData("passive", "bytes to be copied".getBytes(StandardCharsets.US_ASCII))
                .table("functions", ValueType.FUNCREF, 6, 9, "main", "one", "two", "handler", "references", "")
                .table("tokens", ValueType.EXTERNREF, 2, 5)
                .elements("more", ValueType.FUNCREF, "one", "", "two");
        for (ValueType type : TYPES) {
            program.global("global_" + type, type, true, type == ValueType.EXTERNREF ? 7 : 0);
        }
        for (Signature signature : FUNCTIONS) {
            program.function(signature.name, body -> new Body(choices, body, signature).write());
        }
        return program.entry("main").build();
    }

    private static final class Body {
        /** What may be jumped to, and the stack that it expects. */
        private record Target(String label, List<ValueType> stack) {}

        private final Choices choices;
        private final FunctionBuilder out;
        private final Signature signature;
        private final List<ValueType> locals;
        private final List<Target> targets = new ArrayList<>();
        private List<ValueType> stack = new ArrayList<>();
        private int steps;
        private int labels;

        Body(Choices choices, FunctionBuilder out, Signature signature) {
            this.choices = choices;
            this.out = out;
            this.signature = signature;
            this.locals = new ArrayList<>(signature.parameters);
            for (ValueType parameter : signature.parameters) {
                out.parameter("p" + locals.size() + "_" + parameter, parameter);
            }
            out.result(signature.results.toArray(ValueType[]::new));
            for (int i = 0; i < 2; i++) {
                for (ValueType type : TYPES) {
                    out.local("l" + locals.size(), type);
                    locals.add(type);
                }
            }
        }

        void write() {
            steps(STEPS_MAX - choices.below(STEPS_MAX), 0);
            leave();
        }

        private void leave() {
            if (signature.name.equals("handler") && choices.below(4) > 0) {
                out.emit(Opcode.INTERRUPT_RETURN);
                return;
            }
            signature.results.forEach(this::push);
            out.ret();
        }

        private void steps(int count, int depth) {
            for (int i = 0; i < count && steps < STEPS_MAX && choices.more(); i++) {
                steps++;
                step(depth);
            }
        }

        private void step(int depth) {
            switch (choices.below(24)) {
                case 0, 1 -> push(choices.of(TYPES));
                case 2, 3 -> storeLocal();
                case 4 -> {
                    ValueType type = top();
                    out.emit(Opcode.GLOBAL_SET, "global_" + type);
                    pop(1);
                }
                case 5 -> {
                    top();
                    out.emit(Opcode.DROP);
                    pop(1);
                }
                case 6 -> select();
                case 7 -> reference();
                case 8 -> call();
                case 9 -> callHost();
                case 10 -> callIndirect();
                case 11 -> table();
                case 12 -> unwind();
                case 13 -> branch();
                case 14 ->
                    conditionally(() -> {
                        if (choices.below(8) == 0) {
                            out.emit(Opcode.UNREACHABLE);
                        } else if (choices.below(8) == 0) {
                            out.halt(choices.u8());
                        } else {
                            leave();
                        }
                    });
                case 15 -> {
                    if (depth < DEPTH_MAX) {
                        alternative(depth);
                    }
                }
                case 16 -> {
                    if (depth < DEPTH_MAX) {
                        loop(depth);
                    }
                }
                case 17 -> {
                    if (depth < DEPTH_MAX) {
                        cases(depth);
                    }
                }
                default -> operation();
            }
        }

        private String label() {
            return "label" + labels++;
        }

        private void pop(int count) {
            stack.subList(stack.size() - count, stack.size()).clear();
        }

        /** The type of the top of the stack, which is filled if it is empty. */
        private ValueType top() {
            if (stack.isEmpty()) {
                push(choices.of(TYPES));
            }
            return stack.get(stack.size() - 1);
        }

        private void push(ValueType type) {
            stack.add(type);
            int how = choices.below(8);
            if (how == 0) {
                out.emit(Opcode.GLOBAL_GET, "global_" + type);
                return;
            }
            if (how < 4 || type == ValueType.EXTERNREF) {
                out.emit(Instruction.of(Opcode.LOCAL_GET, local(type)));
                return;
            }
            switch (type) {
                case I32 -> out.i32(number());
                case I64 -> out.i64(choices.below(2) == 0 ? number() : choices.i64());
                case F32 -> out.emit(Instruction.of(Opcode.F32_CONST, choices.i32() & 0xFFFF_FFFFL));
                case F64 -> out.emit(Instruction.of(Opcode.F64_CONST, choices.i64()));
                case FUNCREF -> {
                    if (choices.below(4) == 0) {
                        out.refNull(type);
                    } else {
                        out.emit(Instruction.of(Opcode.REF_FUNC, choices.below(FUNCTIONS.size())));
                    }
                }
                case EXTERNREF -> throw new AssertionError("it has no constants");
            }
        }

        private int number() {
            return switch (choices.below(4)) {
                case 0 -> choices.u8();
                case 1 -> choices.u16();
                case 2 -> choices.of(NUMBERS);
                default -> choices.i32();
            };
        }

        private int local(ValueType type) {
            int wanted = choices.below(locals.size());
            for (int i = 0; i < locals.size(); i++) {
                int index = (wanted + i) % locals.size();
                if (locals.get(index) == type) {
                    return index;
                }
            }
            throw new AssertionError("no local of type " + type);
        }

        private void storeLocal() {
            ValueType type = top();
            boolean keep = choices.below(2) == 0;
            out.emit(Instruction.of(keep ? Opcode.LOCAL_TEE : Opcode.LOCAL_SET, local(type)));
            if (!keep) {
                pop(1);
            }
        }

        private void select() {
            ValueType type = top();
            push(type);
            push(ValueType.I32);
            out.emit(Opcode.SELECT);
            pop(2);
        }

        private void reference() {
            push(choices.below(2) == 0 ? ValueType.FUNCREF : ValueType.EXTERNREF);
            if (choices.below(2) == 0) {
                out.emit(Opcode.REF_IS_NULL);
                pop(1);
                stack.add(ValueType.I32);
            }
        }

        /** Pushes what is to be popped, unless it is there already. */
        private void need(List<ValueType> types) {
            int from = stack.size() - types.size();
            if (from < 0
                    || choices.below(2) == 0
                    || !stack.subList(from, stack.size()).equals(types)) {
                types.forEach(this::push);
            }
        }

        private void call() {
            Signature callee = choices.of(FUNCTIONS);
            need(callee.parameters);
            out.call(callee.name);
            replace(callee.parameters, callee.results);
        }

        private void callHost() {
            HostFunction callee = choices.of(StandardHost.FUNCTIONS);
            if (callee.name().equals("exit") && choices.below(8) > 0) {
                return;
            }
            need(callee.type().parameters());
            out.callHost(callee.module() + "." + callee.name());
            replace(callee.type().parameters(), callee.type().results());
        }

        private void callIndirect() {
            int index = choices.below(FUNCTIONS.size());
            Signature callee = FUNCTIONS.get(index);
            need(callee.parameters);
            if (choices.below(8) == 0) {
                push(ValueType.I32);
            } else {
                out.i32(index);
                stack.add(ValueType.I32);
            }
            out.callIndirect("functions", callee.parameters, callee.results);
            pop(1);
            replace(callee.parameters, callee.results);
        }

        private void replace(List<ValueType> popped, List<ValueType> pushed) {
            pop(popped.size());
            stack.addAll(pushed);
        }

        private void table() {
            int table = choices.below(2);
            ValueType type = table == FUNCREFS ? ValueType.FUNCREF : ValueType.EXTERNREF;
            switch (choices.below(4)) {
                case 0 -> {
                    small();
                    out.emit(Instruction.of(Opcode.TABLE_GET, table));
                    replace(List.of(ValueType.I32), List.of(type));
                }
                case 1 -> {
                    small();
                    push(type);
                    out.emit(Instruction.of(Opcode.TABLE_SET, table));
                    pop(2);
                }
                case 2 -> {
                    push(type);
                    small();
                    out.emit(Instruction.of(Opcode.TABLE_GROW, table));
                    replace(List.of(type, ValueType.I32), List.of(ValueType.I32));
                }
                default -> {
                    small();
                    push(type);
                    small();
                    out.emit(Instruction.of(Opcode.TABLE_FILL, table));
                    pop(3);
                }
            }
        }

        private void small() {
            out.i32(choices.below(8));
            stack.add(ValueType.I32);
        }

        private void unwind() {
            int keep = choices.below(stack.size() + 1);
            int drop = choices.below(stack.size() - keep + 1);
            out.emit(Opcode.UNWIND, keep, drop);
            stack.subList(stack.size() - keep - drop, stack.size() - keep).clear();
        }

        private void operation() {
            Opcode opcode = OPCODES.get(choices.u16() % OPCODES.size());
            Opcode.Effect effect = opcode.effect().orElseThrow();
            if (opcode.determinism() == Determinism.STATE && choices.below(8) > 0) {
                // Numbers with which it is likely to work.
                for (ValueType type : effect.pops()) {
                    if (type == ValueType.I32) {
                        out.i32(choices.below(4) > 0 ? choices.below(8) : choices.u16());
                        stack.add(type);
                    } else {
                        push(type);
                    }
                }
            } else {
                need(effect.pops());
            }
            List<OperandKind> kinds = opcode.operands();
            long a = kinds.isEmpty() ? 0 : operand(kinds.get(0));
            long b = kinds.size() < 2
                    ? 0
                    : kinds.get(1) == kinds.get(0) && kinds.get(0) == OperandKind.TABLE ? a : operand(kinds.get(1));
            if (opcode == Opcode.TABLE_INIT) {
                b = FUNCREFS;
            }
            if (opcode == Opcode.INTERRUPT_HANDLE) {
                a = HANDLER;
            }
            out.emit(Instruction.of(opcode, a, b));
            replace(effect.pops(), effect.pushes());
        }

        private long operand(OperandKind kind) {
            return switch (kind) {
                case MEMORY, DATA -> choices.below(2);
                case TABLE -> choices.below(2) == 0 ? FUNCREFS : EXTERNREFS;
                case ELEMENTS -> 0;
                case FUNCTION -> choices.below(FUNCTIONS.size());
                case OFFSET -> choices.below(16) == 0 ? choices.i32() & 0xFFFF_FFFFL : choices.u8();
                case I32 -> choices.i32();
                case I64, F64 -> choices.i64();
                case F32 -> choices.i32() & 0xFFFF_FFFFL;
                case LOCAL, GLOBAL, IMPORT, TYPE, REFERENCE, LABEL, LABELS, COUNT ->
                    throw new AssertionError("an instruction with a fixed effect has a " + kind);
            };
        }

        /** Makes the stack what a target expects. */
        private void balance(List<ValueType> wanted) {
            int same = 0;
            while (same < wanted.size() && same < stack.size() && wanted.get(same) == stack.get(same)) {
                same++;
            }
            if (stack.size() > same) {
                out.emit(Opcode.UNWIND, 0, stack.size() - same);
                pop(stack.size() - same);
            }
            for (ValueType type : wanted.subList(same, wanted.size())) {
                push(type);
            }
        }

        /** Goes on behind it with the stack as it was. */
        private void conditionally(Runnable step) {
            need(List.of(ValueType.I32));
            String skip = label();
            out.emit(choices.below(2) == 0 ? Opcode.BR_UNLESS : Opcode.BR_IF, skip);
            pop(1);
            List<ValueType> before = new ArrayList<>(stack);
            step.run();
            stack = before;
            out.label(skip);
        }

        private void branch() {
            if (targets.isEmpty()) {
                return;
            }
            Target target = choices.of(targets);
            need(List.of(ValueType.I32));
            List<ValueType> there = stack.subList(0, stack.size() - 1);
            if (there.equals(target.stack)) {
                out.emit(choices.below(2) == 0 ? Opcode.BR_UNLESS : Opcode.BR_IF, target.label);
                pop(1);
                return;
            }
            conditionally(() -> {
                balance(target.stack);
                out.br(target.label);
            });
        }

        private void inside(String label, List<ValueType> expected, int depth) {
            targets.add(new Target(label, expected));
            steps(1 + choices.below(12), depth + 1);
            targets.remove(targets.size() - 1);
            balance(expected);
        }

        private void alternative(int depth) {
            need(List.of(ValueType.I32));
            String otherwise = label();
            String end = label();
            out.emit(choices.below(2) == 0 ? Opcode.BR_UNLESS : Opcode.BR_IF, otherwise);
            pop(1);
            List<ValueType> before = List.copyOf(stack);
            inside(end, before, depth);
            out.br(end);
            out.label(otherwise);
            inside(end, before, depth);
            out.label(end);
        }

        private void loop(int depth) {
            String again = label();
            int counter = local(ValueType.I32);
            out.i32(1 + choices.below(40)).emit(Instruction.of(Opcode.LOCAL_SET, counter));
            out.label(again);
            List<ValueType> before = List.copyOf(stack);
            inside(again, before, depth);
            out.emit(Instruction.of(Opcode.LOCAL_GET, counter));
            out.i32(1).emit(Opcode.I32_SUB);
            out.emit(Instruction.of(Opcode.LOCAL_TEE, counter));
            out.brIf(again);
        }

        private void cases(int depth) {
            need(List.of(ValueType.I32));
            String[] labels = new String[1 + choices.below(5)];
            Arrays.setAll(labels, i -> label());
            out.brTable(labels);
            pop(1);
            List<ValueType> before = List.copyOf(stack);
            for (int i = 0; i < labels.length; i++) {
                out.label(labels[i]);
                inside(labels[labels.length - 1], before, depth);
            }
        }
    }
}
