package dev.tapedeck.harness.slice;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.program.Function;
import java.util.Arrays;
import java.util.List;

/**
 * Where the paths of a function meet again: the immediate post-dominator of each instruction, that is, the first
 * instruction that every path from it to the function's end passes. Computed with the iteration of Cooper, Harvey and
 * Kennedy ("A Simple, Fast Dominance Algorithm", 2001) on the reversed flow graph.
 */
public final class PostDominators {
    private final List<Instruction> code;
    private final int[] immediate;
    private final int exit;

    public PostDominators(Function function) {
        code = function.code();
        int count = code.size();
        exit = count;
        int[][] successors = new int[count][];
        int[] predecessorCounts = new int[count + 1];
        for (int i = 0; i < count; i++) {
            successors[i] = successors(code, i);
            for (int next : successors[i]) {
                predecessorCounts[next]++;
            }
        }
        int[][] predecessors = new int[count + 1][];
        for (int i = 0; i <= count; i++) {
            predecessors[i] = new int[predecessorCounts[i]];
        }
        Arrays.fill(predecessorCounts, 0);
        for (int i = 0; i < count; i++) {
            for (int next : successors[i]) {
                predecessors[next][predecessorCounts[next]++] = i;
            }
        }
        int[] order = postorder(predecessors);
        int[] rank = new int[count + 1];
        Arrays.fill(rank, -1);
        for (int i = 0; i < order.length; i++) {
            rank[order[i]] = i;
        }
        immediate = new int[count + 1];
        Arrays.fill(immediate, -1);
        immediate[exit] = exit;
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = order.length - 2; i >= 0; i--) {
                int node = order[i];
                int found = -1;
                for (int next : successors[node]) {
                    if (immediate[next] >= 0) {
                        found = found < 0 ? next : meet(next, found, rank);
                    }
                }
                if (found != immediate[node]) {
                    immediate[node] = found;
                    changed = true;
                }
            }
        }
    }

    private int meet(int a, int b, int[] rank) {
        int x = a;
        int y = b;
        while (x != y) {
            while (rank[x] < rank[y]) {
                x = immediate[x];
            }
            while (rank[y] < rank[x]) {
                y = immediate[y];
            }
        }
        return x;
    }

    private int[] postorder(int[][] predecessors) {
        int[] order = new int[predecessors.length];
        int ordered = 0;
        boolean[] seen = new boolean[predecessors.length];
        int[] stack = new int[predecessors.length];
        int[] next = new int[predecessors.length];
        int top = 0;
        stack[0] = exit;
        seen[exit] = true;
        while (top >= 0) {
            int node = stack[top];
            if (next[node] < predecessors[node].length) {
                int predecessor = predecessors[node][next[node]++];
                if (!seen[predecessor]) {
                    seen[predecessor] = true;
                    stack[++top] = predecessor;
                }
            } else {
                order[ordered++] = node;
                top--;
            }
        }
        return Arrays.copyOf(order, ordered);
    }

    private int[] successors(List<Instruction> code, int offset) {
        Instruction instruction = code.get(offset);
        int next = Math.min(offset + 1, exit);
        return switch (instruction.opcode().controlFlow()) {
            case JUMP -> targets(instruction);
            case BRANCH -> new int[] {(int) instruction.a(), next};
            case RETURN, STOP -> new int[] {exit};
            case NEXT, CALL -> new int[] {next};
        };
    }

    private static int[] targets(Instruction jump) {
        return jump.labels().isEmpty()
                ? new int[] {(int) jump.a()}
                : jump.labels().stream().mapToInt(Integer::intValue).distinct().toArray();
    }

    /** The offset at which all paths from the instruction at {@code offset} meet, or -1 if that is outside the function. */
    public int of(int offset) {
        int found = immediate[offset];
        return found == exit ? -1 : found;
    }

    /**
     * Whether the instruction at {@code branch} decides if the one at {@code offset} is executed: on one of its ways it
     * certainly is, on another perhaps not.
     */
    boolean decides(int branch, int offset) {
        if (branch != offset && passes(branch, offset)) {
            return false;
        }
        for (int next : successors(code, branch)) {
            if (passes(next, offset)) {
                return true;
            }
        }
        return false;
    }

    /** For each instruction, whether some path from it leads to the one at {@code offset}. */
    boolean[] leadingTo(int offset) {
        boolean[] leads = new boolean[exit + 1];
        leads[offset] = true;
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = exit - 1; i >= 0; i--) {
                if (!leads[i]) {
                    for (int next : successors(code, i)) {
                        leads[i] |= leads[next];
                    }
                    changed |= leads[i];
                }
            }
        }
        return leads;
    }

    /** Whether one of the ways of a branch goes where {@code inside} is false. */
    boolean leaves(int branch, boolean[] inside) {
        for (int next : successors(code, branch)) {
            if (!inside[next]) {
                return true;
            }
        }
        return false;
    }

    /** Whether every path from {@code from} to the end passes {@code offset}. */
    boolean passes(int from, int offset) {
        int at = from;
        while (at >= 0 && at != exit) {
            if (at == offset) {
                return true;
            }
            at = immediate[at];
        }
        return false;
    }
}
