package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.slice.PostDominators;
import dev.tapedeck.vm.program.Program;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProgramAlignmentTest {
    private static ProgramAlignment align(String name) {
        return new ProgramAlignment(program(name + ".a"), program(name + ".b"));
    }

    private static Program program(String name) {
        return Programs.program("versions/" + name + ".tasm").program();
    }

    private static String partner(String name, String function) {
        Program a = program(name + ".a");
        Program b = program(name + ".b");
        int partner =
                new ProgramAlignment(a, b).functionToB(a.findFunction(function).orElseThrow());
        return partner < 0 ? "none" : b.functionName(partner);
    }

    @Test
    @DisplayName("functions are found again when they are reordered, renamed or changed")
    void functions() {
        assertThat(partner("functions-reordered", "fee")).isEqualTo("fee");
        assertThat(partner("functions-reordered", "discount")).isEqualTo("discount");
        assertThat(partner("function-renamed", "fee")).isEqualTo("handling");
        assertThat(partner("constant-changed", "discount")).isEqualTo("discount");
        assertThat(partner("function-inserted", "main")).isEqualTo("main");
    }

    @Test
    @DisplayName("only functions with other instructions count as changed")
    void unchanged() {
        Program a = program("constant-changed.a");
        ProgramAlignment alignment = align("constant-changed");
        assertThat(alignment.unchanged(a.findFunction("discount").orElseThrow()))
                .isFalse();
        assertThat(alignment.unchanged(a.findFunction("fee").orElseThrow())).isTrue();
        assertThat(alignment.unchanged(a.findFunction("main").orElseThrow())).isTrue();
    }

    @Test
    @DisplayName("addresses in data that moved are the same value, other numbers are not")
    void addresses() {
        ProgramAlignment alignment = align("data-inserted-before");
        assertThat(alignment.addressToB(1024)).isEqualTo(1040);
        assertThat(alignment.sameValue(1028, 1044)).isTrue();
        assertThat(alignment.sameValue(1028, 1045)).isFalse();
        assertThat(alignment.sameValue(7, 7)).isTrue();
        assertThat(alignment.sameValue(7, 23)).isFalse();
        assertThat(alignment.sameInitialState()).isFalse();
    }

    @Test
    @DisplayName("without moved data only equal values are the same")
    void noMoves() {
        ProgramAlignment alignment = align("constant-changed");
        assertThat(alignment.sameValue(1024, 1040)).isFalse();
        assertThat(alignment.sameInitialState()).isTrue();
    }

    @Test
    @DisplayName("the paths of a conditional meet behind it")
    void postDominators() {
        Program program = Programs.assemble("meet.tasm", """
                        .func main()
                          .local x: i32
                          local.get x
                          br_if other
                          i32.const 1
                          local.set x
                          br done
                        other:
                          i32.const 2
                          local.set x
                        done:
                          local.get x
                          br_if end
                          return
                        end:
                          return
                        .end
                        .entry main
                        """).program();
        PostDominators meetings = new PostDominators(program.functions().get(0));
        assertThat(meetings.of(1)).as("both arms").isEqualTo(7);
        assertThat(meetings.of(0)).isEqualTo(1);
        assertThat(meetings.of(8)).as("two returns").isEqualTo(-1);
    }
}
