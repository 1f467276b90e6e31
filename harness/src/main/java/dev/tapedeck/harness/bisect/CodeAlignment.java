package dev.tapedeck.harness.bisect;

import com.github.difflib.DiffUtils;
import com.github.difflib.patch.AbstractDelta;
import com.github.difflib.patch.DeltaType;
import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Function;
import java.util.Arrays;
import java.util.List;

/**
 * Which instructions of two versions of a function belong together: those that a longest common subsequence of their
 * keys keeps (Myers' algorithm), and within a changed stretch those of the same opcode, or of the same stack effect where
 * both stretches are equally long.
 */
final class CodeAlignment {
    /** Gives an instruction a text that is the same in both versions where the instruction is. */
    interface Keys {
        String of(Instruction instruction);
    }

    /** Beyond this product of lengths, a changed stretch is not looked into: Myers' worst case grows with it. */
    private static final long PRODUCT_MAX = 16_000_000;

    private final List<Instruction> codeA;
    private final List<Instruction> codeB;
    private final int[] toB;
    private final int[] toA;
    private final boolean identical;

    CodeAlignment(Function a, Function b, Keys keysA, Keys keysB) {
        codeA = a.code();
        codeB = b.code();
        toB = new int[codeA.size()];
        toA = new int[codeB.size()];
        Arrays.fill(toB, -1);
        Arrays.fill(toA, -1);
        List<String> textA = codeA.stream().map(keysA::of).toList();
        List<String> textB = codeB.stream().map(keysB::of).toList();
        identical = textA.equals(textB) && sameTargets();
        align(textA, textB, 0, 0, true);
    }

    private boolean sameTargets() {
        for (int i = 0; i < codeA.size(); i++) {
            Instruction one = codeA.get(i);
            if (one.opcode().hasLabels() && !one.equals(codeB.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Pairs what is equal in two stretches that begin at {@code atA} and {@code atB}. */
    private void align(List<String> a, List<String> b, int atA, int atB, boolean whole) {
        int head = 0;
        while (head < Math.min(a.size(), b.size()) && a.get(head).equals(b.get(head))) {
            pair(atA + head, atB + head);
            head++;
        }
        int tail = 0;
        while (tail < Math.min(a.size(), b.size()) - head
                && a.get(a.size() - 1 - tail).equals(b.get(b.size() - 1 - tail))) {
            pair(atA + a.size() - 1 - tail, atB + b.size() - 1 - tail);
            tail++;
        }
        List<String> middleA = a.subList(head, a.size() - tail);
        List<String> middleB = b.subList(head, b.size() - tail);
        if (middleA.isEmpty() || middleB.isEmpty()) {
            return;
        }
        if ((long) middleA.size() * middleB.size() > PRODUCT_MAX) {
            return;
        }
        for (AbstractDelta<String> delta :
                DiffUtils.diff(middleA, middleB, true).getDeltas()) {
            int fromA = atA + head + delta.getSource().getPosition();
            int fromB = atB + head + delta.getTarget().getPosition();
            int lengthA = delta.getSource().size();
            int lengthB = delta.getTarget().size();
            if (delta.getType() == DeltaType.EQUAL) {
                for (int i = 0; i < lengthA; i++) {
                    pair(fromA + i, fromB + i);
                }
            } else if (delta.getType() == DeltaType.CHANGE) {
                if (whole) {
                    align(opcodes(codeA, fromA, lengthA), opcodes(codeB, fromB, lengthB), fromA, fromB, false);
                } else if (lengthA == lengthB) {
                    pairEffects(fromA, fromB, lengthA);
                }
            }
        }
    }

    private static List<String> opcodes(List<Instruction> code, int from, int length) {
        return code.subList(from, from + length).stream()
                .map(instruction -> instruction.opcode().mnemonic())
                .toList();
    }

    private void pairEffects(int fromA, int fromB, int length) {
        for (int i = 0; i < length; i++) {
            Opcode one = codeA.get(fromA + i).opcode();
            Opcode other = codeB.get(fromB + i).opcode();
            if (one.effect().isPresent()
                    && one.effect().equals(other.effect())
                    && Effect.isStore(one) == Effect.isStore(other)) {
                pair(fromA + i, fromB + i);
            }
        }
    }

    private void pair(int offsetA, int offsetB) {
        toB[offsetA] = offsetB;
        toA[offsetB] = offsetA;
    }

    /** The offset in the second version of the instruction at {@code offset} of the first, or -1. */
    int toB(int offset) {
        return toB[offset];
    }

    /** The offset in the first version of the instruction at {@code offset} of the second, or -1. */
    int toA(int offset) {
        return toA[offset];
    }

    /** Whether the two have the same instructions in the same order. */
    boolean identical() {
        return identical;
    }

    /** Whether each instruction has its counterpart at the same offset. */
    boolean sameOffsets() {
        for (int i = 0; i < toB.length; i++) {
            if (toB[i] != i) {
                return false;
            }
        }
        return toB.length == toA.length;
    }
}
