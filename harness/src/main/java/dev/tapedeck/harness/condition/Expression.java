package dev.tapedeck.harness.condition;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * A part of a condition: a number, whole or real. What is not there sets {@link Moment#missing}, which makes the comparison
 * false that it stands in.
 */
sealed interface Expression {
    /** The value; of a real number, the next whole one toward zero. */
    long whole(Moment moment);

    /** The value as a real number. */
    default double real(Moment moment) {
        return whole(moment);
    }

    default boolean isReal() {
        return false;
    }

    /** What its value is made of. */
    default List<Expression> operands() {
        return List.of();
    }

    /** Whether it, or a part of it, speaks of the instruction before, and so is true for one moment only. */
    default boolean isEvent() {
        return operands().stream().anyMatch(Expression::isEvent);
    }

    /** Whether it stays true once it is, as can be seen from itself alone. */
    default boolean rises() {
        return false;
    }

    /** Whether it can only become larger. */
    default boolean grows() {
        return false;
    }

    /** Whether it is not zero. What is missing is not true. */
    default boolean truth(Moment moment) {
        boolean missingBefore = moment.missing;
        moment.missing = false;
        boolean truth = isReal() ? real(moment) != 0 : whole(moment) != 0;
        boolean known = !moment.missing;
        moment.missing = missingBefore;
        return truth && known;
    }

    record Whole(long value) implements Expression {
        @Override
        public long whole(Moment moment) {
            return value;
        }

        @Override
        public boolean rises() {
            return true;
        }
    }

    record Real(double value) implements Expression {
        @Override
        public long whole(Moment moment) {
            return (long) value;
        }

        @Override
        public double real(Moment moment) {
            return value;
        }

        @Override
        public boolean isReal() {
            return true;
        }
    }

    /** A number of the state that is always there. */
    record Quantity(boolean grows, ToLongFunction<Moment> value) implements Expression {
        @Override
        public long whole(Moment moment) {
            return value.applyAsLong(moment);
        }
    }

    /** A cell as its type reads it. */
    private static long whole(ValueType type, long cell) {
        return switch (type) {
            case F32, F64 -> (long) real(type, cell);
            case I32, I64, FUNCREF, EXTERNREF -> cell;
        };
    }

    private static double real(ValueType type, long cell) {
        return switch (type) {
            case F32 -> Float.intBitsToFloat((int) cell);
            case F64 -> Double.longBitsToDouble(cell);
            case I32, I64, FUNCREF, EXTERNREF -> cell;
        };
    }

    private static boolean isReal(ValueType type) {
        return type == ValueType.F32 || type == ValueType.F64;
    }

    record Global(int index, ValueType type) implements Expression {
        @Override
        public long whole(Moment moment) {
            return Expression.whole(type, moment.machine.global(index));
        }

        @Override
        public double real(Moment moment) {
            return Expression.real(type, moment.machine.global(index));
        }

        @Override
        public boolean isReal() {
            return Expression.isReal(type);
        }
    }

    /** A local of the innermost frame, by its name; there only in functions that have one of this name. */
    final class Local implements Expression {
        private static final int UNKNOWN = -2;
        private static final int NONE = -1;

        private final Program program;
        private final String name;
        private final boolean real;
        private final int[] indexes;

        /** @param real whether one of these locals is a real number */
        Local(Program program, String name, boolean real) {
            this.program = program;
            this.name = name;
            this.real = real;
            indexes = new int[program.functions().size()];
            Arrays.fill(indexes, UNKNOWN);
        }

        /** The index of the local in a function, or -1. */
        static int indexIn(Program program, int function, String name) {
            Function code = program.functions().get(function);
            int named = code.localNames().indexOf(name);
            if (named >= 0) {
                return named;
            }
            int count = program.typeOf(code).parameters().size() + code.locals().size();
            return name.matches("[0-9]{1,6}") && Integer.parseInt(name) < count ? Integer.parseInt(name) : NONE;
        }

        static ValueType typeIn(Program program, int function, int index) {
            Function code = program.functions().get(function);
            List<ValueType> parameters = program.typeOf(code).parameters();
            return index < parameters.size()
                    ? parameters.get(index)
                    : code.locals().get(index - parameters.size());
        }

        /** The index in the innermost frame's function, or -1. */
        int index(Moment moment) {
            int function = moment.function();
            if (function < 0) {
                return NONE;
            }
            if (indexes[function] == UNKNOWN) {
                indexes[function] = indexIn(program, function, name);
            }
            return indexes[function];
        }

        private long cell(Moment moment, int index) {
            if (index < 0) {
                moment.missing = true;
                return 0;
            }
            return moment.machine.local(moment.machine.depth() - 1, index);
        }

        @Override
        public long whole(Moment moment) {
            int index = index(moment);
            long cell = cell(moment, index);
            return index < 0 ? 0 : Expression.whole(typeIn(program, moment.function(), index), cell);
        }

        @Override
        public double real(Moment moment) {
            int index = index(moment);
            long cell = cell(moment, index);
            return index < 0 ? 0 : Expression.real(typeIn(program, moment.function(), index), cell);
        }

        @Override
        public boolean isReal() {
            return real;
        }
    }

    /** A cell of the innermost frame's operand stack, counted from its top. */
    record Operand(int fromTop) implements Expression {
        @Override
        public long whole(Moment moment) {
            Machine machine = moment.machine;
            int frame = machine.depth() - 1;
            if (frame < 0 || fromTop >= machine.operandCount(frame)) {
                moment.missing = true;
                return 0;
            }
            return machine.operand(frame, machine.operandCount(frame) - 1 - fromTop);
        }
    }

    /** Bytes of a memory, little-endian. */
    record Memory(int memory, int bytes, boolean signed, boolean isReal, Expression address) implements Expression {
        @Override
        public List<Expression> operands() {
            return List.of(address);
        }

        private long bits(Moment moment) {
            long at = address.whole(moment);
            if (moment.missing || at < 0 || at > moment.machine.memoryBytes(memory) - bytes) {
                moment.missing = true;
                return 0;
            }
            byte[] read = moment.machine.readMemory(memory, at, bytes);
            long bits = 0;
            for (int i = 0; i < bytes; i++) {
                bits |= (read[i] & 0xffL) << (8 * i);
            }
            int unused = Long.SIZE - 8 * bytes;
            return signed ? bits << unused >> unused : bits;
        }

        @Override
        public long whole(Moment moment) {
            return isReal ? (long) real(moment) : bits(moment);
        }

        @Override
        public double real(Moment moment) {
            long bits = bits(moment);
            if (!isReal) {
                return bits;
            }
            return bytes == Float.BYTES ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
        }
    }

    /** {@code -}, {@code ~} or {@code !}. */
    record Unary(String operator, Expression operand) implements Expression {
        @Override
        public long whole(Moment moment) {
            return switch (operator) {
                case "-" -> -operand.whole(moment);
                case "~" -> ~operand.whole(moment);
                default -> operand.truth(moment) ? 0 : 1;
            };
        }

        @Override
        public double real(Moment moment) {
            return operator.equals("-") ? -operand.real(moment) : whole(moment);
        }

        @Override
        public boolean isReal() {
            return operator.equals("-") && operand.isReal();
        }

        @Override
        public List<Expression> operands() {
            return List.of(operand);
        }
    }

    /** Two numbers make another. Division by zero is not there. */
    record Arithmetic(String operator, Expression left, Expression right) implements Expression {
        @Override
        public long whole(Moment moment) {
            if (isReal()) {
                return (long) real(moment);
            }
            long a = left.whole(moment);
            long b = right.whole(moment);
            return switch (operator) {
                case "+" -> a + b;
                case "-" -> a - b;
                case "*" -> a * b;
                case "/" -> b == 0 ? none(moment) : a / b;
                case "%" -> b == 0 ? none(moment) : a % b;
                case "&" -> a & b;
                case "|" -> a | b;
                case "^" -> a ^ b;
                case "<<" -> a << b;
                default -> a >> b;
            };
        }

        private static long none(Moment moment) {
            moment.missing = true;
            return 0;
        }

        @Override
        public double real(Moment moment) {
            if (!isReal()) {
                return whole(moment);
            }
            double a = left.real(moment);
            double b = right.real(moment);
            return switch (operator) {
                case "+" -> a + b;
                case "-" -> a - b;
                case "*" -> a * b;
                case "/" -> a / b;
                default -> a % b;
            };
        }

        @Override
        public boolean isReal() {
            return left.isReal() || right.isReal();
        }

        @Override
        public List<Expression> operands() {
            return List.of(left, right);
        }
    }

    /** Two numbers are compared; false if one of them is missing. */
    record Comparison(String operator, Expression left, Expression right) implements Expression {
        @Override
        public long whole(Moment moment) {
            boolean missingBefore = moment.missing;
            moment.missing = false;
            boolean real = left.isReal() || right.isReal();
            boolean result = real
                    ? compare(left.real(moment), right.real(moment))
                    : compare(left.whole(moment), right.whole(moment));
            boolean known = !moment.missing;
            moment.missing = missingBefore;
            return result && known ? 1 : 0;
        }

        private boolean compare(double a, double b) {
            return switch (operator) {
                case "==" -> a == b;
                case "!=" -> a != b;
                case "<" -> a < b;
                case "<=" -> a <= b;
                case ">" -> a > b;
                default -> a >= b;
            };
        }

        private boolean compare(long a, long b) {
            return switch (operator) {
                case "==" -> a == b;
                case "!=" -> a != b;
                case "<" -> a < b;
                case "<=" -> a <= b;
                case ">" -> a > b;
                default -> a >= b;
            };
        }

        @Override
        public List<Expression> operands() {
            return List.of(left, right);
        }

        @Override
        public boolean rises() {
            return switch (operator) {
                case ">", ">=" -> left.grows() && right instanceof Whole;
                case "<", "<=" -> right.grows() && left instanceof Whole;
                default -> false;
            };
        }
    }

    /** {@code &&} or {@code ||}. */
    record Logical(boolean and, Expression left, Expression right) implements Expression {
        @Override
        public long whole(Moment moment) {
            boolean first = left.truth(moment);
            return (and ? (first && right.truth(moment)) : (first || right.truth(moment))) ? 1 : 0;
        }

        @Override
        public List<Expression> operands() {
            return List.of(left, right);
        }

        @Override
        public boolean rises() {
            return left.rises() && right.rises();
        }
    }

    /** Something that is so between two instructions: the run is in a function, has faulted. */
    record Fact(boolean rises, Predicate<Moment> holds) implements Expression {
        @Override
        public long whole(Moment moment) {
            return holds.test(moment) ? 1 : 0;
        }
    }

    /** Something that the last instruction did: it entered or left a function. */
    record Event(Predicate<Moment> occurred) implements Expression {
        @Override
        public long whole(Moment moment) {
            return !moment.eventless && occurred.test(moment) ? 1 : 0;
        }

        @Override
        public boolean isEvent() {
            return true;
        }
    }

    /** Whether a value is another one than before the last instruction. */
    final class Changed implements Expression {
        private final Expression value;
        private long before;
        private boolean knownBefore;
        private long now;
        private boolean knownNow;

        Changed(Expression value) {
            this.value = value;
        }

        /** Looks at the value; once for each moment. */
        void look(Moment moment, boolean jumped) {
            moment.missing = false;
            long bits = value.isReal() ? Double.doubleToLongBits(value.real(moment)) : value.whole(moment);
            boolean known = !moment.missing;
            moment.missing = false;
            before = jumped ? bits : now;
            knownBefore = jumped ? known : knownNow;
            now = bits;
            knownNow = known;
        }

        @Override
        public long whole(Moment moment) {
            return !moment.eventless && knownBefore && knownNow && before != now ? 1 : 0;
        }

        @Override
        public boolean isEvent() {
            return true;
        }
    }
}
