package dev.tapedeck.vm.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Finds functions of a program by what is known of them: by content hash, else by index, else by name. A hash that is
 * given decides: if no function has it, nothing else is tried.
 */
public final class FunctionResolver {
    private final Program program;
    private final IntFunction<ContentHash> hashes;
    private @Nullable Map<String, List<Integer>> byHash;
    private @Nullable Map<String, List<Integer>> byName;

    /** @param hashes the content hash of a function, by index; asked for functions that exist */
    public FunctionResolver(Program program, IntFunction<ContentHash> hashes) {
        this.program = program;
        this.hashes = hashes;
    }

    /**
     * The function index. Of several functions with one hash, whose code is the same, it is the one at {@code index}, else
     * the one called {@code name}, else the first.
     *
     * @throws IllegalArgumentException if there is no such function, or {@code index} is given and is not of the hash; the
     *     message says what was looked for and what there is
     */
    public int resolve(Optional<ContentHash> hash, OptionalInt index, Optional<String> name) {
        if (hash.isPresent()) {
            return ofHash(hash.get(), index, name);
        }
        if (index.isPresent()) {
            int count = program.functions().size();
            if (index.getAsInt() < 0 || index.getAsInt() >= count) {
                throw new IllegalArgumentException(
                        "there is no function " + index.getAsInt() + ", the program has " + count);
            }
            return index.getAsInt();
        }
        if (name.isPresent()) {
            return ofName(name.get());
        }
        throw new IllegalArgumentException("nothing says which function it is: no hash, no index, no name");
    }

    private int ofHash(ContentHash hash, OptionalInt index, Optional<String> name) {
        List<Integer> found = withHash(hash);
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no function has the hash " + hash.hex());
        }
        if (index.isPresent()) {
            if (found.contains(index.getAsInt())) {
                return index.getAsInt();
            }
            throw new IllegalArgumentException("function " + index.getAsInt() + " does not have the hash " + hash.hex()
                    + ", but function " + found.get(0) + " has");
        }
        return name.flatMap(wanted -> found.stream()
                        .filter(candidate ->
                                program.functions().get(candidate).name().equals(wanted))
                        .findFirst())
                .orElse(found.get(0));
    }

    private int ofName(String name) {
        List<Integer> found = withName(name);
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no function has the name '" + name + "'");
        }
        if (found.size() > 1) {
            throw new IllegalArgumentException(found.size() + " functions have the name '" + name + "'");
        }
        return found.get(0);
    }

    /** The functions with a hash, in ascending order; their code is the same. */
    public List<Integer> withHash(ContentHash hash) {
        Map<String, List<Integer>> known = byHash;
        if (known == null) {
            known = new HashMap<>();
            for (int i = 0; i < program.functions().size(); i++) {
                known.computeIfAbsent(hashes.apply(i).hex(), absent -> new ArrayList<>())
                        .add(i);
            }
            byHash = known;
        }
        return known.getOrDefault(hash.hex(), List.of());
    }

    /** The functions with a name, in ascending order. */
    public List<Integer> withName(String name) {
        Map<String, List<Integer>> known = byName;
        if (known == null) {
            known = new HashMap<>();
            for (int i = 0; i < program.functions().size(); i++) {
                known.computeIfAbsent(program.functions().get(i).name(), absent -> new ArrayList<>())
                        .add(i);
            }
            byName = known;
        }
        return known.getOrDefault(name, List.of());
    }
}
