package dev.tapedeck.vm.format;

import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.program.ContentHash;
import dev.tapedeck.vm.program.FunctionResolver;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The functions that a snapshot names, and which they are in the program that it is read for. */
final class SnapshotFunctions {
    private static final String NO_HASH = "0".repeat(2 * SnapshotFormat.HASH_BYTES);

    /**
     * @param index in the program that the snapshot was taken of
     * @param hash empty in a snapshot that has positions and nothing else
     */
    private record Entry(int index, Optional<ContentHash> hash, String name) {
        @Override
        public String toString() {
            return "function " + index + " (" + name + ")";
        }
    }

    private final VerifiedProgram verified;
    private final Program program;
    private final FunctionResolver resolver;
    private final Map<Integer, Entry> byIndex = new HashMap<>();
    private final List<Entry> listed = new ArrayList<>();
    private boolean moved;
    private boolean unlisted;

    SnapshotFunctions(VerifiedProgram verified) {
        this.verified = verified;
        this.program = verified.program();
        this.resolver = new FunctionResolver(program, this::hash);
    }

    private ContentHash hash(int function) {
        return Snapshot.contentHash(verified, function);
    }

    /** Functions that positions and handlers refer to by their number in the list. */
    void readListed(BcInput in) throws FormatException {
        listed.addAll(read(in));
    }

    /** Functions that references in cells and tables refer to by their index. */
    void readReferred(BcInput in) throws FormatException {
        read(in);
    }

    private List<Entry> read(BcInput in) throws FormatException {
        int count = in.count("functions", ProgramLimits.FUNCTIONS_MAX, 2 + SnapshotFormat.HASH_BYTES);
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int index = in.index("a function", ProgramLimits.FUNCTIONS_MAX - 1);
            if (i > 0 && index <= entries.get(i - 1).index) {
                throw in.error(
                        "function " + index + " follows function " + entries.get(i - 1).index + ", expected in order");
            }
            String hex = HexFormat.of().formatHex(in.bytes("the hash of function " + index, SnapshotFormat.HASH_BYTES));
            String name = in.utf8("the name of function " + index, ProgramLimits.NAME_CHARS_MAX * 3);
            Entry entry =
                    new Entry(index, hex.equals(NO_HASH) ? Optional.empty() : Optional.of(new ContentHash(hex)), name);
            if (byIndex.putIfAbsent(index, entry) != null) {
                throw in.error("function " + index + " is listed twice");
            }
            entries.add(entry);
        }
        return entries;
    }

    int count() {
        return listed.size();
    }

    /**
     * The function that a position is in; its code has to be the same.
     *
     * @param preferred is taken where several functions have that code; -1 for none
     * @throws IllegalArgumentException if the program does not have it; the message says why
     */
    int ofPosition(int number, int preferred) {
        Entry entry = listed.get(number);
        if (entry.hash.isPresent() && preferred >= 0 && hash(preferred).equals(entry.hash.get())) {
            return note(entry, preferred);
        }
        return sameCode(entry).orElseThrow(() -> new IllegalArgumentException(changed(entry)));
    }

    /** The function of a handler: one that has changed will do, if it can be told by its name. */
    int ofHandler(int number) {
        return ofReference(listed.get(number));
    }

    /** The reference in this program for one in the snapshot's; 0 is null. */
    long reference(long cell) {
        if (cell == 0) {
            return 0;
        }
        if (cell < 0 || cell > ProgramLimits.FUNCTIONS_MAX) {
            throw new IllegalArgumentException("a reference to a function is " + cell);
        }
        Entry entry = byIndex.get((int) cell - 1);
        if (entry == null) {
            unlisted = true;
            return cell;
        }
        return ofReference(entry) + 1L;
    }

    /**
     * When all of them are known: a reference of which the snapshot says nothing but the index is good only where no
     * function has moved.
     */
    void check() {
        if (unlisted && moved) {
            throw new IllegalArgumentException(
                    "functions have moved, and the snapshot has references to functions of which it says nothing but"
                            + " their old index");
        }
    }

    private int ofReference(Entry entry) {
        Optional<Integer> same = sameCode(entry);
        if (same.isPresent()) {
            return same.get();
        }
        List<Integer> named = entry.name.isEmpty() ? List.of() : resolver.withName(entry.name);
        if (named.size() == 1) {
            return note(entry, named.get(0));
        }
        throw new IllegalArgumentException(changed(entry)
                + (named.isEmpty() ? "; and no function has its name" : "; and " + named.size() + " have its name"));
    }

    private Optional<Integer> sameCode(Entry entry) {
        if (entry.hash.isEmpty()) {
            return Optional.of(resolver.resolve(Optional.empty(), OptionalInt.of(entry.index), Optional.empty()));
        }
        ContentHash hash = entry.hash.get();
        boolean stayed = entry.index < program.functions().size()
                && hash(entry.index).equals(hash)
                && program.functions().get(entry.index).name().equals(entry.name);
        if (stayed) {
            return Optional.of(entry.index);
        }
        List<Integer> same = resolver.withHash(hash);
        if (same.isEmpty()) {
            return Optional.empty();
        }
        boolean named = same.stream()
                .anyMatch(function -> program.functions().get(function).name().equals(entry.name));
        OptionalInt index = !named && same.contains(entry.index) ? OptionalInt.of(entry.index) : OptionalInt.empty();
        return Optional.of(note(entry, resolver.resolve(entry.hash, index, Optional.of(entry.name))));
    }

    private int note(Entry entry, int function) {
        moved |= function != entry.index;
        return function;
    }

    private String changed(Entry entry) {
        String hash = entry.hash.map(ContentHash::hex).orElse("");
        List<Integer> named = entry.name.isEmpty() ? List.of() : resolver.withName(entry.name);
        int counterpart = named.size() == 1 ? named.get(0) : entry.index;
        if (counterpart >= program.functions().size()) {
            return entry + " is not in the program: no function has the hash " + hash + ", and there are "
                    + program.functions().size() + " functions";
        }
        return entry + " has changed: its hash is " + hash(counterpart).hex() + ", the snapshot's is " + hash;
    }
}
