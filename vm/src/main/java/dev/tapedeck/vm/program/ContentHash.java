package dev.tapedeck.vm.program;

import java.util.ArrayList;
import java.util.List;

/**
 * The content hash of a function: SHA-256 over what it does, not over where things are. Debug information, names and
 * indexes do not count: a called function counts by its type, a global by type, mutability and initial value, a host
 * function by module, name and type, a table by its type, a memory by its index, a data segment by its bytes, an element
 * segment by its type and length. So a function keeps its hash when others are added,
 * removed or reordered, recursion needs no special case, and identical bodies are interchangeable.
 *
 * <p>So also: a function whose callee has changed, or that calls another function of the same type, keeps its hash. Where
 * it stands in a run, its frame fits all the same.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record ContentHash(String hex) {
    /**
     * The hash of one function of a verified program. For many functions of one program, {@link #all} is faster.
     *
     * @throws IndexOutOfBoundsException if there is no such function, or the program is not valid
     */
    public static ContentHash of(Program program, int function) {
        return new ContentEncoding(program).hash(function);
    }

    /** The hashes of all functions of a verified program, by function index. */
    public static List<ContentHash> all(Program program) {
        ContentEncoding encoding = new ContentEncoding(program);
        List<ContentHash> hashes = new ArrayList<>(program.functions().size());
        for (int i = 0; i < program.functions().size(); i++) {
            hashes.add(encoding.hash(i));
        }
        return List.copyOf(hashes);
    }

    /** The first 12 digits, enough for people. */
    public String abbreviated() {
        return hex.substring(0, 12);
    }
}
