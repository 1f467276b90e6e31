package dev.tapedeck.harness.condition;

import dev.tapedeck.harness.condition.Expression.Arithmetic;
import dev.tapedeck.harness.condition.Expression.Changed;
import dev.tapedeck.harness.condition.Expression.Comparison;
import dev.tapedeck.harness.condition.Expression.Event;
import dev.tapedeck.harness.condition.Expression.Fact;
import dev.tapedeck.harness.condition.Expression.Logical;
import dev.tapedeck.harness.condition.Expression.Quantity;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads conditions, by recursive descent with the operators and their precedences of C. */
final class ConditionParser {
    static final int TEXT_MAX = 10_000;
    private static final int DEPTH_MAX = 100;

    private static final Pattern TOKEN = Pattern.compile("""
            \\s*(?:(?<number>0[xX][0-9a-zA-Z_]*\
            |[0-9][0-9a-zA-Z_]*(?:\\.[0-9][0-9a-zA-Z_]*)?(?:(?<=[eE])[+-][0-9]+)?)\
            |(?<name>[\\p{L}_$][\\p{L}\\p{N}_$]*(?:\\.(?:[\\p{L}\\p{N}_$]+|"[^"]*"))*+)\
            |(?<quoted>"[^"]*")\
            |(?<operator>&&|\\|\\||==|!=|<=|>=|<<|>>|[-+*/%&|^~!<>()\\[\\]]))""");

    private static final Pattern MEMORY = Pattern.compile("mem(u?)(8|16|32|64)|memf(32|64)");

    /** Binary operators, from those that bind least; {@code &&} and {@code ||} stand before them. */
    private static final List<List<String>> LEVELS = List.of(
            List.of("|"),
            List.of("^"),
            List.of("&"),
            List.of("==", "!="),
            List.of("<", "<=", ">", ">="),
            List.of("<<", ">>"),
            List.of("+", "-"),
            List.of("*", "/", "%"));

    private final Program program;
    private final String text;
    private final Matcher matcher;
    private final List<Changed> watched = new ArrayList<>();
    private final List<Condition.Term> terms = new ArrayList<>();
    private String token = "";
    private int tokenStart;
    private int end;
    private int depth;

    ConditionParser(Program program, String text) {
        this.program = program;
        this.text = text;
        matcher = TOKEN.matcher(text);
    }

    Condition parse() throws ConditionException {
        if (text.length() > TEXT_MAX) {
            throw new ConditionException(
                    "it has " + text.length() + " characters, at most " + TEXT_MAX + " are possible");
        }
        next();
        Expression root = or();
        if (!token.isEmpty()) {
            throw error("expected an operator or the end");
        }
        return new Condition(text.strip(), root, watched, terms);
    }

    private void next() throws ConditionException {
        end = matcher.regionStart();
        matcher.region(end, text.length());
        if (matcher.lookingAt()) {
            token = matcher.group().strip();
            tokenStart = matcher.end() - token.length();
            matcher.region(matcher.end(), text.length());
            return;
        }
        token = "";
        tokenStart = text.length();
        if (!text.substring(end).isBlank()) {
            tokenStart = end + text.substring(end).indexOf(text.substring(end).strip());
            throw error("this is no part of a condition");
        }
    }

    private ConditionException error(String what) {
        return new ConditionException(what + ", at "
                + (token.isEmpty() && tokenStart >= text.length()
                        ? "the end"
                        : "'" + text.substring(tokenStart, Math.min(text.length(), tokenStart + 20)) + "'"));
    }

    private boolean accept(String operator) throws ConditionException {
        if (token.equals(operator)) {
            next();
            return true;
        }
        return false;
    }

    private void expect(String operator) throws ConditionException {
        if (!accept(operator)) {
            throw error("expected '" + operator + "'");
        }
    }

    private Expression or() throws ConditionException {
        Expression left = and();
        while (accept("||")) {
            left = new Logical(false, left, and());
        }
        return left;
    }

    private Expression and() throws ConditionException {
        Expression left = binary(0);
        while (accept("&&")) {
            left = new Logical(true, left, binary(0));
        }
        return left;
    }

    private Expression binary(int level) throws ConditionException {
        if (level == LEVELS.size()) {
            return unary();
        }
        Expression left = binary(level + 1);
        while (LEVELS.get(level).contains(token)) {
            String operator = token;
            int at = tokenStart;
            next();
            Expression right = binary(level + 1);
            boolean compares = level == 3 || level == 4;
            if (compares) {
                checkRange(left, right, at);
                checkRange(right, left, at);
            } else if ((left.isReal() || right.isReal()) && level != 6 && level != 7) {
                throw new ConditionException("'" + operator + "' needs whole numbers");
            }
            left = compares ? new Comparison(operator, left, right) : new Arithmetic(operator, left, right);
        }
        return left;
    }

    /** A byte compared with 200 is a mistake that would otherwise never be noticed. */
    private void checkRange(Expression value, Expression other, int at) throws ConditionException {
        if (value instanceof Expression.Memory memory
                && !memory.isReal()
                && memory.bytes() < Long.BYTES
                && other instanceof Expression.Whole constant) {
            int bits = memory.bytes() * 8;
            long min = memory.signed() ? -1L << (bits - 1) : 0;
            long max = memory.signed() ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
            if (constant.value() < min || constant.value() > max) {
                String name = (memory.signed() ? "mem" : "memu") + bits;
                String instead = (memory.signed() ? "memu" : "mem") + bits;
                throw new ConditionException(name + " is " + min + " to " + max + " and never " + constant.value()
                        + "; perhaps " + instead + " is meant, at '"
                        + text.substring(at, Math.min(text.length(), at + 20)) + "'");
            }
        }
    }

    private Expression unary() throws ConditionException {
        if (++depth > DEPTH_MAX) {
            throw error("more than " + DEPTH_MAX + " levels");
        }
        try {
            if (token.equals("-") || token.equals("~") || token.equals("!")) {
                String operator = token;
                next();
                Expression operand = unary();
                if (operator.equals("-") && operand instanceof Expression.Whole number) {
                    return new Expression.Whole(-number.value());
                }
                if (operator.equals("~") && operand.isReal()) {
                    throw new ConditionException("'~' needs a whole number");
                }
                return new Expression.Unary(operator, operand);
            }
            return primary();
        } finally {
            depth--;
        }
    }

    private Expression primary() throws ConditionException {
        if (accept("(")) {
            Expression inner = or();
            expect(")");
            return inner;
        }
        if (token.isEmpty()) {
            throw error("expected a value");
        }
        char first = token.charAt(0);
        if (first >= '0' && first <= '9') {
            Expression number = number(token);
            next();
            return number;
        }
        if (!Character.isLetter(first) && first != '_' && first != '$') {
            throw error("expected a value");
        }
        int start = tokenStart;
        Expression value = named();
        if (!(value instanceof Fact) && !(value instanceof Event) && !(value instanceof Changed)) {
            String written = text.substring(start, end).strip();
            if (terms.stream().noneMatch(term -> term.text().equals(written))) {
                terms.add(new Condition.Term(written, value));
            }
        }
        return value;
    }

    private Expression number(String written) throws ConditionException {
        String digits = written.replace("_", "");
        String lower = digits.toLowerCase(Locale.ROOT);
        try {
            if (lower.startsWith("0x")) {
                return new Expression.Whole(Long.parseUnsignedLong(lower.substring(2), 16));
            } else if (lower.startsWith("0b")) {
                return new Expression.Whole(Long.parseUnsignedLong(lower.substring(2), 2));
            } else if (lower.matches("[0-9]+")) {
                return new Expression.Whole(Long.parseUnsignedLong(lower));
            }
            return new Expression.Real(Double.parseDouble(lower));
        } catch (NumberFormatException e) {
            throw error(
                    lower.matches("[0-9]+|0x[0-9a-f]+|0b[01]+")
                            ? "this number has more than 64 bits"
                            : "this is no number");
        }
    }

    private Expression named() throws ConditionException {
        String name = token;
        Matcher memory = MEMORY.matcher(name);
        if (memory.matches()) {
            next();
            return memory(memory);
        }
        if (name.startsWith("global.")) {
            Expression global = global(unquoted(name.substring("global.".length())));
            next();
            return global;
        }
        if (name.startsWith("local.")) {
            Expression local = local(unquoted(name.substring("local.".length())));
            next();
            return local;
        }
        if (name.matches("operand\\.[0-9]{1,6}")) {
            next();
            return new Expression.Operand(Integer.parseInt(name.substring("operand.".length())));
        }
        if (name.matches("memory\\.size(\\.[0-9]{1,6})?")) {
            int index = name.equals("memory.size") ? 0 : Integer.parseInt(name.substring("memory.size.".length()));
            checkMemory(index);
            next();
            return new Quantity(true, moment -> moment.machine.memoryBytes(index) >>> 16);
        }
        Expression simple = simple(name);
        if (simple != null) {
            next();
            return simple;
        }
        return call(name);
    }

    private @Nullable Expression simple(String name) {
        return switch (name) {
            case "icount" -> new Quantity(true, moment -> moment.machine.icount());
            case "hostcalls" -> new Quantity(true, moment -> moment.recording.firstHostCall(moment.machine.icount()));
            case "hp" -> new Quantity(false, moment -> Integer.toUnsignedLong(moment.machine.hp()));
            case "sp" -> new Quantity(false, moment -> moment.machine.sp());
            case "bp" -> new Quantity(false, moment -> moment.machine.bp());
            case "depth" -> new Quantity(false, moment -> moment.machine.depth());
            case "line" ->
                new Quantity(false, moment -> {
                    int function = moment.function();
                    return function < 0
                            ? 0
                            : program.functions()
                                    .get(function)
                                    .line(moment.machine.position().offset());
                });
            case "fault" -> new Fact(true, Moment::faulted);
            default -> null;
        };
    }

    private Expression call(String name) throws ConditionException {
        if (!List.of("in", "enter", "leave", "changed").contains(name)) {
            throw error("there is no '" + name
                    + "'; there are icount, hostcalls, hp, sp, bp, depth, line, fault, local.NAME,"
                    + " global.NAME, operand.N, memory.size, mem8 to mem64, memu8 to memu64, memf32, memf64, in, enter,"
                    + " leave and changed");
        }
        next();
        expect("(");
        if (name.equals("changed")) {
            Expression value = or();
            expect(")");
            if (value.isEvent()) {
                throw new ConditionException("changed(...) needs a value, not an event");
            }
            Changed changed = new Changed(value);
            watched.add(changed);
            return changed;
        }
        if (token.isEmpty() || !(Character.isLetter(token.charAt(0)) || "_$\"".indexOf(token.charAt(0)) >= 0)) {
            throw error("expected the name of a function");
        }
        String function = unquoted(token);
        int index = function(function);
        next();
        expect(")");
        return switch (name) {
            case "in" -> new Fact(false, moment -> moment.function() == index);
            case "enter" -> new Event(moment -> moment.entered(index));
            default -> new Event(moment -> moment.left(index));
        };
    }

    private static String unquoted(String name) {
        return name.length() >= 2 && name.startsWith("\"") && name.endsWith("\"")
                ? name.substring(1, name.length() - 1)
                : name;
    }

    private int function(String name) throws ConditionException {
        for (int i = 0; i < program.functions().size(); i++) {
            if (program.functionName(i).equals(name)) {
                return i;
            }
        }
        return program.findFunction(name).orElseThrow(() -> {
            List<String> names = IntStream.range(0, program.functions().size())
                    .mapToObj(program::functionName)
                    .toList();
            return error("the program has no function '" + name + "'" + Nearest.hint(name, names));
        });
    }

    private Expression memory(Matcher name) throws ConditionException {
        boolean real = name.group(3) != null;
        int bits = Integer.parseInt(real ? name.group(3) : name.group(2));
        boolean signed = real || name.group(1).isEmpty();
        checkMemory(0);
        expect("[");
        Expression address = or();
        expect("]");
        if (address.isReal()) {
            throw new ConditionException("an address is a whole number");
        }
        return new Expression.Memory(0, bits / 8, signed, real, address);
    }

    private void checkMemory(int index) throws ConditionException {
        if (index >= program.memories().size()) {
            throw error("the program has no memory" + (index == 0 ? "" : " " + index));
        }
    }

    private Expression global(String name) throws ConditionException {
        for (int i = 0; i < program.globals().size(); i++) {
            if (program.globals().get(i).name().equals(name)) {
                return new Expression.Global(i, program.globals().get(i).type());
            }
        }
        if (name.matches("[0-9]{1,6}")
                && Integer.parseInt(name) < program.globals().size()) {
            int index = Integer.parseInt(name);
            return new Expression.Global(index, program.globals().get(index).type());
        }
        throw error("the program has no global '" + name + "'"
                + Nearest.hint(
                        name,
                        program.globals().stream().map(global -> global.name()).toList()));
    }

    private Expression local(String name) throws ConditionException {
        boolean found = false;
        boolean real = false;
        for (int i = 0; i < program.functions().size(); i++) {
            int index = Expression.Local.indexIn(program, i, name);
            if (index >= 0) {
                found = true;
                ValueType type = Expression.Local.typeIn(program, i, index);
                real |= type == ValueType.F32 || type == ValueType.F64;
            }
        }
        if (!found) {
            throw error("no function of the program has a local '" + name + "'"
                    + Nearest.hint(
                            name,
                            program.functions().stream()
                                    .flatMap(function -> function.localNames().stream())
                                    .distinct()
                                    .toList()));
        }
        return new Expression.Local(program, name, real);
    }
}
