package dev.tapedeck.vm.program;

/**
 * The content hash of a function: SHA-256 over what it does, not over where things are. Debug information, names and
 * indexes do not count: a called function counts by its type, a global by type, mutability and initial value, a host
 * function by module, name and type, a table by nothing but its use. So a function keeps its hash when others are added,
 * removed or reordered, recursion needs no special case, and identical bodies are interchangeable.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record ContentHash(String hex) {
    public static ContentHash of(Program program, int function) {
        throw new UnsupportedOperationException("not yet");
    }

    /** The first 12 digits, enough for people. */
    public String abbreviated() {
        return hex.substring(0, 12);
    }
}
