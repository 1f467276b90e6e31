package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.asm.SourceTree.Code;
import dev.tapedeck.vm.asm.SourceTree.Operand;
import dev.tapedeck.vm.asm.SourceTree.Reference;
import dev.tapedeck.vm.isa.Opcode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The loops that are open at a place in a function. {@code break} and {@code continue} are lowered to jumps here: those
 * to the beginning of a loop at once, those behind it when its end is known.
 */
final class LoopContexts {
    private static final Map<String, Opcode> JUMPS = Map.of(
            "break", Opcode.BR,
            "break_if", Opcode.BR_IF,
            "break_unless", Opcode.BR_UNLESS,
            "continue", Opcode.BR,
            "continue_if", Opcode.BR_IF,
            "continue_unless", Opcode.BR_UNLESS);

    private static final class Loop {
        final int position;
        final @Nullable String name;
        final int first;
        /** The instructions that leave it, by their indexes. */
        final List<Integer> leaving = new ArrayList<>();

        Loop(int position, @Nullable String name, int first) {
            this.position = position;
            this.name = name;
            this.first = first;
        }
    }

    private final SourceText source;
    private final List<Code> code;
    /** The innermost first. */
    private final Deque<Loop> open = new ArrayDeque<>();

    LoopContexts(SourceText source, List<Code> code) {
        this.source = source;
        this.code = code;
    }

    /** Whether a word is {@code break}, {@code continue}, or one of these with a condition. */
    static boolean isJump(String word) {
        return JUMPS.containsKey(word);
    }

    void begin(int position, @Nullable String name) throws AssemblyException {
        if (name != null && open.stream().anyMatch(loop -> name.equals(loop.name))) {
            throw source.error(position, "loop '" + Notation.abbreviated(name) + "' stands in a loop of the same name");
        }
        open.push(new Loop(position, name, code.size()));
    }

    /** Ends the innermost loop; false if none is open. */
    boolean end() {
        Loop loop = open.poll();
        if (loop == null) {
            return false;
        }
        for (int index : loop.leaving) {
            Code jump = code.get(index);
            code.set(index, new Code(jump.position(), jump.opcode(), to(jump.position(), code.size()), jump.line()));
        }
        return true;
    }

    /** Where the innermost open loop begins, or -1 if none is open. */
    int unclosed() {
        return open.isEmpty() ? -1 : open.getFirst().position;
    }

    /**
     * Adds the jump that a {@code break} or {@code continue} is.
     *
     * @param name of the loop, or null for the innermost
     * @param namePosition where it stands
     */
    void jump(int position, String word, @Nullable String name, int namePosition, SourceTree.LineMarker line)
            throws AssemblyException {
        if (open.isEmpty()) {
            throw source.error(position, "'" + word + "' outside of a loop", "it stands between .loop and its .end");
        }
        Loop target = null;
        for (Loop loop : open) {
            if (target == null && (name == null || name.equals(loop.name))) {
                target = loop;
            }
        }
        if (target == null) {
            List<String> names = open.stream()
                    .map(loop -> loop.name)
                    .filter(each -> each != null)
                    .toList();
            throw source.error(
                    namePosition,
                    "'" + word + "' is in no loop '" + Notation.abbreviated(String.valueOf(name)) + "'",
                    names.isEmpty()
                            ? "the loops around it have no names"
                            : "the loops around it are '" + String.join("', '", names) + "'");
        }
        if (word.startsWith("break")) {
            target.leaving.add(code.size());
        }
        Opcode opcode = JUMPS.getOrDefault(word, Opcode.BR);
        code.add(new Code(position, opcode, to(position, target.first), line));
    }

    private static List<Operand> to(int position, int index) {
        return List.of(new Operand.Named(new Reference(position, null, index)));
    }
}
