package dev.tapedeck.vm.isa;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/** Jump targets, which cannot change. A large program has hundreds of thousands: 4 bytes each instead of 20. */
final class Labels extends AbstractList<Integer> implements RandomAccess {
    private final int[] targets;

    private Labels(int[] targets) {
        this.targets = targets;
    }

    static List<Integer> copyOf(List<Integer> labels) {
        if (labels.isEmpty()) {
            return List.of();
        }
        return labels instanceof Labels
                ? labels
                : new Labels(labels.stream().mapToInt(Integer::intValue).toArray());
    }

    @Override
    public Integer get(int index) {
        return targets[index];
    }

    @Override
    public int size() {
        return targets.length;
    }
}
