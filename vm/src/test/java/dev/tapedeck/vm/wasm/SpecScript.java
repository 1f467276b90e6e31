package dev.tapedeck.vm.wasm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.wasm.Store.Instance;
import dev.tapedeck.vm.wasm.WasmException.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Carries out one script of the official suite and counts what holds. */
final class SpecScript {
    /** The kinds of commands in a script, and one more: modules in text form, which need a reader of their own. */
    enum Command {
        MODULE("module"),
        REGISTER("register"),
        ACTION("action"),
        RETURN("assert_return"),
        TRAP("assert_trap"),
        EXHAUSTION("assert_exhaustion"),
        INVALID("assert_invalid"),
        MALFORMED("assert_malformed"),
        MALFORMED_TEXT("assert_malformed, text"),
        UNLINKABLE("assert_unlinkable"),
        UNINSTANTIABLE("assert_uninstantiable");

        final String words;

        Command(String words) {
            this.words = words;
        }

        boolean isAssertion() {
            return words.startsWith("assert_");
        }
    }

    /** What became of the commands of a script. */
    static final class Tally {
        final Map<Command, Integer> passed = new EnumMap<>(Command.class);
        final Map<Command, Integer> failed = new EnumMap<>(Command.class);
        final List<String> failures = new ArrayList<>();

        void add(Tally other) {
            other.passed.forEach((command, count) -> passed.merge(command, count, Integer::sum));
            other.failed.forEach((command, count) -> failed.merge(command, count, Integer::sum));
        }
    }

    /** Reads modules in text form. */
    @FunctionalInterface
    interface TextReader {
        void read(byte[] text) throws WasmException;
    }

    /** A command did not do what the suite says. */
    private static final class Miss extends Exception {
        private static final long serialVersionUID = 1;

        Miss(String message) {
            super(message);
        }
    }

    private static final Limits LIMITS = Limits.DEFAULT;
    private static final long INSTRUCTIONS_MAX = 1_000_000_000;

    /** The standard's words for what ends a run. */
    private static final Map<FaultKind, String> TRAPS = Map.of(
            FaultKind.UNINITIALIZED_ELEMENT, "uninitialized element",
            FaultKind.UNREACHABLE, "unreachable",
            FaultKind.OUT_OF_BOUNDS, "out of bounds memory access",
            FaultKind.TABLE_OUT_OF_BOUNDS, "out of bounds table access",
            FaultKind.STACK_OVERFLOW, "call stack exhausted",
            FaultKind.DIVISION_BY_ZERO, "integer divide by zero",
            FaultKind.INTEGER_OVERFLOW, "integer overflow",
            FaultKind.INVALID_CONVERSION, "invalid conversion to integer",
            FaultKind.UNDEFINED_ELEMENT, "undefined element",
            FaultKind.TYPE_MISMATCH, "indirect call type mismatch");

    /** A module of which wast2json lost what the message is about: {@code select (result)} became {@code select}. */
    private static final String LOST_IN_CONVERSION = "select.2.wasm";

    private final OfficialSuite suite;
    private final String script;
    private final boolean snapshots;
    private final Optional<TextReader> textReader;
    private final Tally tally = new Tally();
    private final Store store = new Store(new SpecHost(), LIMITS);
    private final Map<String, Instance> named = new HashMap<>();
    private Optional<Instance> current = Optional.empty();

    /** @param snapshots whether every call goes through a snapshot in bytes and a fresh machine */
    SpecScript(OfficialSuite suite, String script, boolean snapshots, Optional<TextReader> textReader) {
        this.suite = suite;
        this.script = script;
        this.snapshots = snapshots;
        this.textReader = textReader;
    }

    /** The functions of the suite's host module, which do nothing that a script could see. */
    private static final class SpecHost implements Host {
        @Override
        public void call(HostCall call) {
            // They print, and give nothing back.
        }

        @Override
        public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
            return hostImport.module().equals("host") ? Optional.empty() : Optional.of("no such function");
        }
    }

    Tally run() throws IOException, WasmException, FormatException {
        try (var in = SpecScript.class.getResourceAsStream("spectest.wasm")) {
            Instance spectest = store.add(WasmReader.read(in.readAllBytes()));
            store.register("spectest", spectest);
            call(spectest.initializer(), new long[0], 0);
        } catch (Miss e) {
            throw new AssertionError("the host module", e);
        }
        String name = script.substring(script.lastIndexOf('/') + 1);
        for (JsonNode command :
                new ObjectMapper().readTree(suite.file(script, name)).get("commands")) {
            Command kind = kind(command);
            try {
                command(kind, command);
                tally.passed.merge(kind, 1, Integer::sum);
            } catch (Miss | WasmException | FormatException | RuntimeException | StackOverflowError e) {
                tally.failed.merge(kind, 1, Integer::sum);
                tally.failures.add(name + ":" + command.get("line").asInt() + ": " + kind.words + ": "
                        + (e instanceof Miss ? e.getMessage() : e.toString()));
            }
        }
        return tally;
    }

    private static Command kind(JsonNode command) {
        String type = command.get("type").asText();
        if (type.equals("assert_malformed")
                && command.get("module_type").asText().equals("text")) {
            return Command.MALFORMED_TEXT;
        }
        for (Command kind : Command.values()) {
            if (kind.words.equals(type)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("unknown command " + type);
    }

    private void command(Command kind, JsonNode command) throws Miss, WasmException, FormatException {
        switch (kind) {
            case MODULE -> {
                // A module that cannot be had must not leave the one before it for the commands that follow.
                current = Optional.empty();
                Instance instance = instantiate(command);
                current = Optional.of(instance);
                if (command.has("name")) {
                    named.put(command.get("name").asText(), instance);
                }
            }
            case REGISTER -> store.register(command.get("as").asText(), instance(command, "name"));
            case ACTION -> results(act(command));
            case RETURN -> compare(results(act(command)), command.get("expected"));
            case TRAP, EXHAUSTION -> expectTrap(act(command), command);
            case INVALID -> expect(Kind.INVALID, command, () -> store.add(module(command)));
            case MALFORMED -> expect(Kind.MALFORMED, command, () -> store.add(module(command)));
            case MALFORMED_TEXT -> {
                TextReader reader = textReader.orElseThrow(() -> new Miss("modules in text form cannot be read"));
                expect(Kind.MALFORMED, command, () -> reader.read(file(command)));
            }
            case UNLINKABLE -> expect(Kind.UNLINKABLE, command, () -> store.add(module(command)));
            case UNINSTANTIABLE -> {
                Instance instance = store.add(module(command));
                expectTrap(call(instance.initializer(), new long[0], 0), command);
            }
        }
    }

    private byte[] file(JsonNode command) {
        return suite.file(script, command.get("filename").asText());
    }

    private WasmModule module(JsonNode command) throws WasmException {
        return WasmReader.read(file(command));
    }

    private Instance instantiate(JsonNode command) throws Miss, WasmException, FormatException {
        Instance instance = store.add(module(command));
        results(call(instance.initializer(), new long[0], 0));
        return instance;
    }

    private Instance instance(JsonNode node, String key) throws Miss {
        Optional<Instance> found =
                node.has(key) ? Optional.ofNullable(named.get(node.get(key).asText())) : current;
        return found.orElseThrow(() -> new Miss("there is no such module"));
    }

    @FunctionalInterface
    private interface Attempt {
        void run() throws WasmException;
    }

    private static void expect(Kind kind, JsonNode command, Attempt attempt) throws Miss {
        String words = command.get("text").asText();
        try {
            attempt.run();
        } catch (WasmException e) {
            boolean lost = command.get("filename").asText().equals(LOST_IN_CONVERSION);
            if (e.kind() != kind || (!lost && !e.reason().startsWith(words))) {
                throw new Miss("expected " + kind + " '" + words + "', got " + e.kind() + " '" + e.reason() + "'");
            }
            return;
        }
        throw new Miss("expected " + kind + " '" + words + "', but it was accepted");
    }

    // Actions

    /** How a run ended: with results, or with a fault. */
    private record Ended(List<Long> results, Optional<Fault> fault) {}

    private Ended act(JsonNode command) throws Miss, FormatException {
        JsonNode action = command.get("action");
        Instance instance = instance(action, "module");
        String field = action.get("field").asText();
        if (action.get("type").asText().equals("get")) {
            int global = instance.global(field).orElseThrow(() -> new Miss("no global " + field));
            return new Ended(List.of(store.machine().global(global)), Optional.empty());
        }
        int function = instance.function(field).orElseThrow(() -> new Miss("no function " + field));
        JsonNode given = action.get("args");
        long[] arguments = new long[given.size()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = cell(given.get(i));
        }
        return call(function, arguments, command.get("line").asInt());
    }

    private Ended call(int function, long[] arguments, int line) throws Miss, FormatException {
        store.machine().start(function, arguments);
        if (snapshots) {
            // Now and then after a few instructions, so that there are frames and operands.
            store.machine().run(store.machine().icount() + line % 32);
            Machine fresh = new Machine(store.program(), new SpecHost(), LIMITS);
            byte[] bytes = SnapshotWriter.write(store.machine().snapshot());
            fresh.restore(SnapshotReader.read(store.program(), bytes));
            store.machine(fresh);
        }
        Machine machine = store.machine();
        Status status = machine.run(machine.icount() + INSTRUCTIONS_MAX);
        return switch (status) {
            case RETURNED -> new Ended(machine.results(), Optional.empty());
            case FAULTED -> new Ended(List.of(), machine.fault());
            default -> throw new Miss("the run is " + status + " after " + machine.icount() + " instructions");
        };
    }

    private static List<Long> results(Ended ended) throws Miss {
        if (ended.fault().isPresent()) {
            throw new Miss("unexpected " + ended.fault().get());
        }
        return ended.results();
    }

    private static void expectTrap(Ended ended, JsonNode command) throws Miss {
        String expected = command.get("text").asText();
        Fault fault = ended.fault().orElseThrow(() -> new Miss("expected '" + expected + "', but it returned"));
        String words = TRAPS.getOrDefault(fault.kind(), fault.kind().mnemonic());
        // One assertion of bulk.wast has the index of the element behind the words.
        if (!expected.equals(words) && !expected.matches(words + " \\d+")) {
            throw new Miss("expected '" + expected + "', got " + fault);
        }
    }

    // Values

    private static long cell(JsonNode value) {
        String text = value.get("value").asText();
        return switch (value.get("type").asText()) {
            case "i32", "f32" -> Integer.parseUnsignedInt(text);
            case "i64", "f64" -> Long.parseUnsignedLong(text);
            default -> text.equals("null") ? 0 : Long.parseUnsignedLong(text) + 1;
        };
    }

    private static void compare(List<Long> results, JsonNode expected) throws Miss {
        boolean same = results.size() == expected.size();
        for (int i = 0; same && i < results.size(); i++) {
            same = matches(results.get(i), expected.get(i));
        }
        if (!same) {
            throw new Miss("expected " + expected + ", got " + results);
        }
    }

    private static boolean matches(long cell, JsonNode expected) {
        if (!expected.has("value")) {
            // Any reference but null.
            return cell != 0;
        }
        boolean single = expected.get("type").asText().equals("f32");
        long quiet = single ? 0x7FC0_0000L : 0x7FF8_0000_0000_0000L;
        return switch (expected.get("value").asText()) {
            case "nan:canonical" -> (cell & (single ? Integer.MAX_VALUE : Long.MAX_VALUE)) == quiet;
            case "nan:arithmetic" -> (cell & quiet) == quiet;
            default -> cell == cell(expected);
        };
    }
}
