package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The function types of a module: those that it writes down, and behind them those that its functions imply. */
final class TypeTable {
    /**
     * The type of a function or block.
     *
     * @param index its number; one that was written down need not exist
     * @param type null if the index does not exist
     */
    record Use(long index, @Nullable FunctionType type) {}

    private static final FunctionType NOTHING = new FunctionType(List.of(), List.of());

    private final List<FunctionType> types = new ArrayList<>();
    private final Map<FunctionType, Integer> firsts = new HashMap<>();
    private final Tokens tokens;
    private final IndexSpace names;

    TypeTable(Tokens tokens, IndexSpace names) {
        this.tokens = tokens;
        this.names = names;
    }

    int size() {
        return types.size();
    }

    int add(FunctionType type) {
        firsts.putIfAbsent(type, types.size());
        types.add(type);
        return types.size() - 1;
    }

    private int implied(FunctionType type) {
        Integer known = firsts.get(type);
        return known != null ? known : add(type);
    }

    /** Parameters and results as they are written: {@code (param i32) (param $x i64) (result f32)}. */
    FunctionType signature(@Nullable IndexSpace locals, boolean named) throws WatException {
        List<ValueType> parameters = new ArrayList<>();
        while (tokens.takeOpen("param")) {
            variables(parameters, locals, named);
        }
        List<ValueType> results = new ArrayList<>();
        while (tokens.takeOpen("result")) {
            variables(results, null, false);
        }
        if (tokens.isOpen("param") || tokens.isOpen("type")) {
            throw tokens.unexpected("the order (type ...) (param ...) (result ...)");
        }
        return parameters.isEmpty() && results.isEmpty() ? NOTHING : new FunctionType(parameters, results);
    }

    /**
     * What follows {@code (param}, {@code (result} or {@code (local}: one type with an identifier, or any number without.
     *
     * @param space gets the names, unless it is null
     */
    void variables(List<ValueType> list, @Nullable IndexSpace space, boolean named) throws WatException {
        int at = tokens.at();
        String name = named ? tokens.takeIdentifier() : null;
        do {
            if (name == null && tokens.is(Lexer.Kind.CLOSE)) {
                break;
            }
            list.add(tokens.valueType());
            if (space != null && !space.add(name)) {
                throw tokens.source.malformed(at, "duplicate " + space.what + " '$" + name + "'");
            }
        } while (name == null);
        tokens.close();
    }

    /**
     * The type of a function: its number, or parameters and results, or both.
     *
     * @param locals gets the parameters, unless it is null
     * @param named whether parameters may have identifiers
     */
    Use use(@Nullable IndexSpace locals, boolean named) throws WatException {
        boolean numbered = tokens.isOpen("type");
        long index = numbered ? number() : -1;
        int at = tokens.at();
        FunctionType written = signature(locals, named);
        if (!numbered) {
            return new Use(implied(written), written);
        }
        FunctionType meant = index < types.size() ? types.get((int) index) : null;
        if (written.equals(NOTHING)) {
            if (meant != null && locals != null) {
                meant.parameters().forEach(type -> locals.add(null));
            }
        } else if (meant == null) {
            throw tokens.source.malformed(at, "unknown type " + index);
        } else if (!meant.equals(written)) {
            throw tokens.source.malformed(
                    at, "inline function type " + written + " is not type " + index + ", " + meant);
        }
        return new Use(index, meant);
    }

    /** As {@link #use}, of a block: a block of up to one result needs no number, for which the index is -1. */
    Use blockUse() throws WatException {
        if (tokens.isOpen("type")) {
            Use use = use(null, false);
            return use.type() != null && isShort(use.type()) ? new Use(-1, use.type()) : use;
        }
        FunctionType written = signature(null, false);
        return new Use(isShort(written) ? -1 : implied(written), written);
    }

    private static boolean isShort(FunctionType type) {
        return type.parameters().isEmpty() && type.results().size() <= 1;
    }

    private long number() throws WatException {
        tokens.takeOpen("type");
        long index = tokens.index(names);
        tokens.close();
        return index;
    }

    void write(WasmOutput out) {
        out.u32(types.size());
        for (FunctionType type : types) {
            out.u8(0x60);
            valueTypes(out, type.parameters());
            valueTypes(out, type.results());
        }
    }

    static void valueTypes(WasmOutput out, List<ValueType> list) {
        out.u32(list.size());
        for (ValueType type : list) {
            out.u8(type.code());
        }
    }
}
