package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestSystem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Assembly text as the parser understood it: definitions in the order of the text, names not yet looked up. Positions
 * are indexes into the text.
 */
final class SourceTree {
    /**
     * The name at a definition.
     *
     * @param indexed whether it came with its index, {@code #3 "name"}; it is then for people only, and need not be unique
     */
    record Name(int position, String text, boolean indexed, long index) {}

    /** A use of a name or of an index ({@code name} is null). */
    record Reference(int position, @Nullable String name, long index) {}

    record Signature(List<ValueType> parameters, List<ValueType> results) {}

    record Constant(int position, String name, Expression value) {}

    record Type(@Nullable Name name, Signature signature) {}

    record Import(
            int position,
            Name name,
            String module,
            String field,
            Signature signature,
            @Nullable Reference type) {}

    /** A memory. */
    record Memory(Expression initialPages, @Nullable Expression maximumPages) {}

    record Global(
            Name name,
            ValueType type,
            boolean mutable,
            @Nullable Value initial) {}

    /** A value of a type that is known later. */
    sealed interface Value {
        int position();

        /** A number, or the raw bits of any value. */
        record Numeral(Expression expression, boolean bits) implements Value {
            @Override
            public int position() {
                return expression.position();
            }
        }

        /** The null reference. */
        record Null(int position) implements Value {}

        record Func(int position, Reference function) implements Value {}

        /** A reference to something of the host's, by the host's number. */
        record Extern(int position, Expression number) implements Value {}
    }

    record Table(
            Name name,
            ValueType type,
            @Nullable Expression minimum,
            @Nullable Expression maximum,
            List<Reference> elements) {}

    /** A list of references for {@code table.init}. */
    record Elements(Name name, ValueType type, List<Reference> elements) {}

    /**
     * A data segment.
     *
     * @param address null if it comes behind the data before it, or is passive
     */
    record Data(Name name, @Nullable Expression address, boolean passive, List<Piece> pieces) {}

    /** A part of a data segment. */
    sealed interface Piece {
        /** Bytes that are known at once. */
        record Bytes(byte[] bytes) implements Piece {}

        /** One number that needs names. */
        record Computed(DataType type, Expression value) implements Piece {}

        record Zeros(Expression count) implements Piece {}
    }

    /** How a number in a data segment is stored. */
    enum DataType {
        I8(1),
        I16(2),
        I32(4),
        I64(8),
        F32(4),
        F64(8);

        final int bytes;

        DataType(int bytes) {
            this.bytes = bytes;
        }
    }

    /**
     * @param name null where the text gives none
     */
    record Local(int position, @Nullable String name, boolean indexed, long index, ValueType type) {}

    /** An operand as written. */
    sealed interface Operand {
        record Named(Reference reference) implements Operand {}

        /** A type written out, for {@code call_indirect}. */
        record Typed(int position, Signature signature) implements Operand {}

        record Targets(List<Reference> references) implements Operand {}

        record Constant(Expression value) implements Operand {}

        /** What can be left out, was. */
        record Absent(int position) implements Operand {}
    }

    /**
     * What stands behind an {@code @}.
     *
     * @param number of the line, or -1 if there is no marker
     * @param file null if it is the one of the marker before; without name and with index -1 for none
     */
    record LineMarker(int number, @Nullable Reference file) {
        static final LineMarker NONE = new LineMarker(-1, null);
    }

    /**
     * @param operands in the order of {@link Opcode#operands()}
     */
    record Code(int position, Opcode opcode, List<Operand> operands, LineMarker line) {}

    /** A function; filled while it is parsed. */
    static final class Function {
        final Name name;
        final List<Local> parameters = new ArrayList<>();
        final List<ValueType> results = new ArrayList<>();
        final List<Local> locals = new ArrayList<>();
        final List<Code> code = new ArrayList<>();
        final Map<String, Integer> labels = new LinkedHashMap<>();

        @Nullable
        Reference type;

        boolean parametersGiven;

        @Nullable
        Reference source;

        Function(Name name) {
            this.name = name;
        }
    }

    record Export(
            int position, Reference function, @Nullable String name) {}

    /** Interrupts at {@code icount}, then {@code count - 1} more, {@code every} instructions apart. */
    record Interrupt(
            Expression icount,
            Expression signal,
            @Nullable Expression payload,
            @Nullable Expression every,
            @Nullable Expression count) {}

    /** What a test expects of the state. */
    sealed interface Expected {
        record Global(Reference global, Value value) implements Expected {}

        record Register(StateExpectation.Register register, Expression value) implements Expected {}

        record Memory(Reference memory, Expression address, List<Piece> pieces) implements Expected {}
    }

    /** A test; filled while it is parsed. */
    static final class Test {
        final int position;
        final String name;
        final int line;

        @Nullable
        Reference function;

        List<Value> arguments = List.of();
        final List<String> tags = new ArrayList<>();
        final Map<String, ResourceLock> locks = new LinkedHashMap<>();
        final StringBuilder input = new StringBuilder();
        final List<String> systemArguments = new ArrayList<>();
        final List<TestSystem.Variable> environment = new ArrayList<>();
        final List<TestSystem.File> files = new ArrayList<>();

        @Nullable
        Expression seed;

        @Nullable
        Expression limit;

        @Nullable
        Expression timeout;

        /** The unit of the timeout, in milliseconds. */
        long timeoutUnit;

        final List<Interrupt> interrupts = new ArrayList<>();

        @Nullable
        StringBuilder output;

        @Nullable
        Expression exitCode;

        @Nullable
        String fault;

        int faultPosition;

        @Nullable
        List<Value> results;

        int resultsPosition;
        final List<Expected> state = new ArrayList<>();
        boolean approved;

        @Nullable
        String disabled;

        Test(int position, String name, int line) {
            this.position = position;
            this.name = name;
            this.line = line;
        }

        /** A test that begins with all that this one has so far. */
        Test copy(int copyPosition, String copyName) {
            Test copy = new Test(copyPosition, copyName, line);
            copy.function = function;
            copy.arguments = arguments;
            copy.tags.addAll(tags);
            copy.input.append(input);
            copy.systemArguments.addAll(systemArguments);
            copy.environment.addAll(environment);
            copy.files.addAll(files);
            copy.seed = seed;
            copy.limit = limit;
            copy.timeout = timeout;
            copy.timeoutUnit = timeoutUnit;
            copy.locks.putAll(locks);
            copy.interrupts.addAll(interrupts);
            copy.output = output == null ? null : new StringBuilder(output);
            copy.exitCode = exitCode;
            copy.fault = fault;
            copy.faultPosition = faultPosition;
            copy.results = results;
            copy.resultsPosition = resultsPosition;
            copy.state.addAll(state);
            copy.approved = approved;
            copy.disabled = disabled;
            return copy;
        }

        /** About what a copy takes in a program and in memory, in bytes. */
        long copiedBytes() {
            long bytes = 0L + name.length() + input.length() + (output == null ? 0 : output.length());
            bytes += 16L
                    * (arguments.size() + interrupts.size() + state.size() + (results == null ? 0 : results.size()));
            bytes += tags.stream().mapToLong(tag -> 16 + tag.length()).sum();
            bytes += locks.keySet().stream()
                    .mapToLong(resource -> 16 + resource.length())
                    .sum();
            bytes += systemArguments.stream()
                    .mapToLong(argument -> 16 + argument.length())
                    .sum();
            bytes += environment.stream()
                    .mapToLong(variable ->
                            16 + variable.name().length() + variable.value().length())
                    .sum();
            bytes += files.stream()
                    .mapToLong(
                            file -> 16 + file.path().length() + file.content().length())
                    .sum();
            return bytes;
        }
    }

    @Nullable
    String programName;
    /** The files of the original text if the program names them itself, else null. */
    @Nullable
    List<String> sources;

    final List<Constant> constants = new ArrayList<>();
    final List<Type> types = new ArrayList<>();
    final List<Import> imports = new ArrayList<>();

    final List<Memory> memories = new ArrayList<>();
    final List<Global> globals = new ArrayList<>();
    final List<Table> tables = new ArrayList<>();
    final List<Data> data = new ArrayList<>();
    final List<Elements> elements = new ArrayList<>();
    final List<Function> functions = new ArrayList<>();
    boolean entryGiven;

    @Nullable
    Reference entry;

    @Nullable
    Reference start;

    final List<Export> exports = new ArrayList<>();
    final List<Test> tests = new ArrayList<>();
}
