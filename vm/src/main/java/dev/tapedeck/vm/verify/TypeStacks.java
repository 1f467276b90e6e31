package dev.tapedeck.vm.verify;

import dev.tapedeck.vm.isa.ValueType;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All operand stacks (of types) of one function. A stack is a number; equal stacks have equal numbers, so comparing two of
 * any depth costs nothing, and a state per instruction is one {@code int}. Stacks share what is below: a million labels
 * with the same thousand cells cost a million ints and a thousand cells.
 */
final class TypeStacks {
    /** The stack without cells. */
    static final int EMPTY = 0;

    /** What remains when the top is removed. */
    private int[] below = new int[16];

    private @Nullable ValueType[] top = new ValueType[16];
    private int[] depth = new int[16];

    /**
     * A stack further below, chosen so that any depth is found in logarithmic time (skew-binary jump pointers): a path
     * with deep stacks at many labels, each of which removes nearly all of it, would otherwise take quadratic time.
     */
    private int[] far = new int[16];

    /** Hash table with open addressing: from (below, top) to the stack's number, 0 where free. */
    private int[] index = new int[32];

    private int size = 1;

    /** The number of different stacks made so far. */
    int size() {
        return size;
    }

    int depth(int stack) {
        return depth[stack];
    }

    /** The type on top of a stack that is not empty. */
    ValueType top(int stack) {
        return Objects.requireNonNull(top[stack], "the empty stack has no top");
    }

    /** The stack without its top; the stack must not be empty. */
    int below(int stack) {
        return below[stack];
    }

    int push(int stack, ValueType type) {
        int slot = slot(stack, type, index.length);
        while (index[slot] != 0) {
            int found = index[slot];
            if (below[found] == stack && top[found] == type) {
                return found;
            }
            slot = (slot + 1) & (index.length - 1);
        }
        int made = size++;
        if (made == below.length) {
            grow();
        }
        below[made] = stack;
        top[made] = type;
        depth[made] = depth[stack] + 1;
        int hop = far[stack];
        far[made] = depth[stack] - depth[hop] == depth[hop] - depth[far[hop]] ? far[hop] : stack;
        insert(made);
        return made;
    }

    /** The stack without its topmost {@code count} cells, of which it must have as many. */
    int drop(int stack, int count) {
        int target = depth[stack] - count;
        int current = stack;
        while (depth[current] > target) {
            current = depth[far[current]] >= target ? far[current] : below[current];
        }
        return current;
    }

    private void grow() {
        int capacity = below.length * 2;
        below = Arrays.copyOf(below, capacity);
        top = Arrays.copyOf(top, capacity);
        depth = Arrays.copyOf(depth, capacity);
        far = Arrays.copyOf(far, capacity);
        index = new int[capacity * 2];
        for (int stack = 1; stack < size - 1; stack++) {
            insert(stack);
        }
    }

    private void insert(int stack) {
        int slot = slot(below[stack], top(stack), index.length);
        while (index[slot] != 0) {
            slot = (slot + 1) & (index.length - 1);
        }
        index[slot] = stack;
    }

    private static int slot(int below, ValueType top, int slots) {
        int hash = (31 * below + top.code()) * 0x9E3779B9;
        return (hash ^ (hash >>> 15)) & (slots - 1);
    }
}
