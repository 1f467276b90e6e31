package dev.tapedeck.harness.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WordsTest {
    private static Frame frame(int line) {
        return new Frame("f", line, "f.c", line, false);
    }

    @Test
    @DisplayName("frames of a recursion are one line; what is not shown is counted where it is known")
    void stacks() {
        List<Frame> frames = new ArrayList<>(List.of(frame(1)));
        frames.addAll(Collections.nCopies(3, frame(2)));
        frames.add(frame(1));
        assertThat(Words.stack(frames)).containsExactly("f+1 (f.c:1)", "f+2 (f.c:2) (3 frames)", "f+1 (f.c:1)");
        assertThat(Words.stack(frames, 1, Words::frame)).containsExactly("f+1 (f.c:1)", "and 4 more frames");
        assertThat(Words.stack(List.of())).isEmpty();
    }

    @Test
    @DisplayName("of as many frames as are ever looked at, it is not known how many more there are")
    void deepStacks() {
        assertThat(Words.stack(Collections.nCopies(Words.FRAMES_MAX, frame(2))))
                .containsExactly("f+2 (f.c:2) (64 frames)", "and more: these are the innermost of them");
    }
}
