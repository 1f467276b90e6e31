package dev.tapedeck.vm.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SourceLinesTest {
    @Test
    @DisplayName(
            "W8: each instruction has the file and line that it was given; an unknown line is of the function's file")
    void random() {
        long seed = Long.getLong("tapedeck.test.seed", 3);
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            int own = random.nextInt(4) - 1;
            SourceLines.Builder builder = new SourceLines.Builder();
            List<Integer> sources = new ArrayList<>();
            List<Integer> lines = new ArrayList<>();
            for (int run = random.nextInt(30); run > 0; run--) {
                int length = 1 + random.nextInt(4);
                boolean ownFile = random.nextInt(3) == 0;
                int source = ownFile ? own : random.nextInt(4) - 1;
                int line = random.nextInt(4);
                builder.add(length, ownFile ? SourceLines.Builder.OWN : source, line);
                for (int i = 0; i < length; i++) {
                    sources.add(line == 0 ? own : source);
                    lines.add(line);
                }
            }
            SourceLines built = builder.build(own);

            assertThat(built.source()).isEqualTo(own);
            assertThat(built.size()).isEqualTo(lines.size());
            for (int i = 0; i < lines.size(); i++) {
                assertThat(built.line(i)).as("-Dtapedeck.test.seed=%d", seed).isEqualTo(lines.get(i));
                assertThat(built.source(i)).as("-Dtapedeck.test.seed=%d", seed).isEqualTo(sources.get(i));
            }
            for (int run = 1; run < built.runs(); run++) {
                assertThat(built.runLine(run) != built.runLine(run - 1)
                                || built.runSource(run) != built.runSource(run - 1))
                        .as("run %d of %s differs from the one before, -Dtapedeck.test.seed=%d", run, built, seed)
                        .isTrue();
            }
            int from = lines.isEmpty() ? 0 : random.nextInt(lines.size());
            SourceLines.Builder again =
                    new SourceLines.Builder().add(built, 0, from).add(built, from, lines.size());
            assertThat(again.build(own)).isEqualTo(built).hasSameHashCodeAs(built);
        }
    }

    @Test
    void outsideOfTheFunction() {
        SourceLines lines = SourceLines.of(2, List.of(7, 8));
        for (int offset : new int[] {-1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThat(lines.line(offset)).isZero();
            assertThat(lines.source(offset)).isEqualTo(2);
        }
        assertThat(SourceLines.NONE.line(0)).isZero();
        assertThat(SourceLines.NONE.source(0)).isEqualTo(-1);
    }

    @Test
    @DisplayName("the function's own file is the one that most lines are of, the first among equals")
    void own() {
        assertThat(new SourceLines.Builder()
                        .add(1, 3, 1)
                        .add(5, -1, 0)
                        .add(2, 1, 1)
                        .add(1, 3, 9)
                        .build()
                        .source())
                .isEqualTo(3);
        assertThat(new SourceLines.Builder().add(1, 3, 1).add(2, 1, 1).build().source())
                .isEqualTo(1);
        assertThat(new SourceLines.Builder().add(9, 3, 0).build()).isEqualTo(SourceLines.NONE);
    }

    @Test
    @DisplayName("those that differ in one file, line or length are not equal")
    void equality() {
        SourceLines lines = new SourceLines.Builder().add(1, 0, 1).add(2, 1, 5).build(0);
        assertThat(lines).hasToString("file 0: 1 x 1, 2 x 1:5");
        assertThat(lines)
                .isNotEqualTo(
                        new SourceLines.Builder().add(1, 0, 1).add(2, 2, 5).build(0))
                .isNotEqualTo(
                        new SourceLines.Builder().add(1, 0, 1).add(2, 1, 6).build(0))
                .isNotEqualTo(
                        new SourceLines.Builder().add(1, 0, 1).add(1, 1, 5).build(0))
                .isNotEqualTo(
                        new SourceLines.Builder().add(1, 0, 1).add(2, 0, 5).build(0))
                .isNotEqualTo(
                        new SourceLines.Builder().add(1, 0, 1).add(2, 1, 5).build(1));
    }
}
