package dev.tapedeck.vm.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TypeStacksTest {
    /** Pushes and drops at random, beside plain lists that must always agree. */
    @Test
    void equalStacksHaveEqualNumbers() {
        long seed = 20_261_121;
        Random random = new Random(seed);
        List<ValueType> types = List.of(ValueType.values());
        TypeStacks stacks = new TypeStacks();
        Map<List<ValueType>, Integer> numbers = new HashMap<>();
        numbers.put(List.of(), TypeStacks.EMPTY);
        List<ValueType> cells = new ArrayList<>();
        int stack = TypeStacks.EMPTY;
        for (int step = 0; step < 50_000; step++) {
            if (random.nextInt(20) == 0) {
                int count = random.nextInt(cells.size() + 1);
                stack = stacks.drop(stack, count);
                cells.subList(cells.size() - count, cells.size()).clear();
            } else {
                ValueType type = types.get(random.nextInt(types.size()));
                stack = stacks.push(stack, type);
                cells.add(type);
                assertThat(stacks.top(stack)).isEqualTo(type);
            }
            assertThat(stacks.depth(stack)).as("seed %d step %d", seed, step).isEqualTo(cells.size());
            Integer known = numbers.putIfAbsent(List.copyOf(cells), stack);
            assertThat(known == null || known == stack)
                    .as("seed %d step %d", seed, step)
                    .isTrue();
        }
        assertThat(stacks.size()).isEqualTo(numbers.size());
        assertThat(numbers.values()).doesNotHaveDuplicates();
    }
}
