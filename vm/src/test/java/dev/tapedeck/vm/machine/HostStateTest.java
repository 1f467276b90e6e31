package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HostStateTest {
    private static HostState node(String text, HostState... parts) {
        return HostState.of(text.getBytes(StandardCharsets.US_ASCII), List.of(parts));
    }

    private static String text(HostState state) {
        return new String(state.bytes(), StandardCharsets.US_ASCII)
                + state.parts().stream().map(HostStateTest::text).toList();
    }

    @Test
    void packedAndUnpackedIsTheSame() {
        HostState state = node("root", node("a", node("b"), node("")), node("c"));
        assertThat(text(HostState.unpack(state.pack(null), null))).isEqualTo(text(state));
    }

    @Test
    void whatTheBaseHasIsOnlyReferredTo() {
        HostState large = node("x".repeat(100_000));
        HostState base = node("1", node("p", large, node("old")), large);
        HostState next = node("2", node("q", node("new"), large), large, node("more"));
        byte[] packed = next.pack(base);
        assertThat(packed.length).isLessThan(100);
        HostState read = HostState.unpack(packed, base);
        assertThat(text(read)).isEqualTo(text(next));
        assertThat(read.parts().get(1)).isSameAs(large);
        assertThat(read.parts().get(0).parts().get(1)).isSameAs(large);
    }

    @Test
    void damagedTreesAreRefused() {
        HostState base = node("1", node("a"), node("b"));
        byte[] packed = node("2", base.parts().get(1), node("c", node("d"))).pack(base);
        long seed = 20261121;
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = Arrays.copyOf(packed, random.nextInt(packed.length + 3));
            for (int k = random.nextInt(4); k > 0 && damaged.length > 0; k--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(HostState.unpack(damaged, random.nextBoolean() ? base : null))
                        .isNotNull();
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed " + seed).hasMessageContaining("the state of the host, byte ");
            }
        }
        assertThatThrownBy(() -> HostState.unpack(packed, null)).hasMessageContaining("a base that has 0");
    }

    @Test
    void treesWithTooManyLevelsAreRefused() {
        HostState state = node("leaf");
        for (int i = 0; i < 100; i++) {
            state = node("", state);
        }
        byte[] packed = state.pack(null);
        assertThatThrownBy(() -> HostState.unpack(packed, null)).hasMessageContaining("more than 16 levels");
    }
}
