package dev.tapedeck.vm.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FunctionResolverTest {
    private static final ContentHash UNKNOWN = new ContentHash("ab".repeat(32));

    private Program program;
    private FunctionResolver resolver;
    private List<ContentHash> hashes;

    @BeforeEach
    void assemble() throws AssemblyException {
        program = Assembler.assemble("resolve.tasm", """
                .func one()
                  i32.const 1
                  drop
                  return
                .end
                .func two()
                  i32.const 2
                  drop
                  return
                .end
                .func again()
                  i32.const 1
                  drop
                  return
                .end
                .entry one
                """);
        hashes = ContentHash.all(program);
        resolver = new FunctionResolver(program, hashes::get);
    }

    private int resolve(ContentHash hash, int index, String name) {
        return resolver.resolve(
                Optional.ofNullable(hash),
                index < 0 ? OptionalInt.empty() : OptionalInt.of(index),
                Optional.ofNullable(name));
    }

    @Test
    @DisplayName("H1: by hash, else by index, else by name")
    void order() {
        assertThat(resolve(hashes.get(1), -1, "one")).isEqualTo(1);
        assertThat(resolve(null, 2, "one")).isEqualTo(2);
        assertThat(resolve(null, -1, "two")).isEqualTo(1);
    }

    @Test
    @DisplayName("H1, H11: of identical bodies the one with the index, else the one with the name, else the first")
    void identicalBodies() {
        assertThat(hashes.get(0)).isEqualTo(hashes.get(2));
        assertThat(resolve(hashes.get(0), 2, null)).isEqualTo(2);
        assertThat(resolve(hashes.get(0), -1, "again")).isEqualTo(2);
        assertThat(resolve(hashes.get(0), -1, "gone")).isZero();
    }

    @Test
    @DisplayName("H1: an unknown hash is an error, even if index and name would do")
    void unknownHash() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> resolve(UNKNOWN, 1, "two"))
                .withMessage("no function has the hash " + UNKNOWN.hex());
    }

    @Test
    @DisplayName("H1: an index that disagrees with the hash is an error")
    void indexDisagrees() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> resolve(hashes.get(1), 0, "two"))
                .withMessage(
                        "function 0 does not have the hash " + hashes.get(1).hex() + ", but function 1 has");
    }

    @Test
    @DisplayName("H1: an index out of range is an error with the count")
    void indexOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> resolve(null, 3, "two"))
                .withMessage("there is no function 3, the program has 3");
    }

    @Test
    @DisplayName("H1: a name that no function has is an error")
    void nameMissing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> resolve(null, -1, "three"))
                .withMessage("no function has the name 'three'");
    }

    @Test
    @DisplayName("H1: a name that several functions have is an error with the count")
    void nameAmbiguous() throws AssemblyException {
        Program stripped = program.stripped();
        FunctionResolver nameless = new FunctionResolver(stripped, hashes::get);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> nameless.resolve(Optional.empty(), OptionalInt.empty(), Optional.of("")))
                .withMessage("3 functions have the name ''");
    }

    @Test
    @DisplayName("H1: nothing given is an error")
    void nothing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> resolve(null, -1, null))
                .withMessage("nothing says which function it is: no hash, no index, no name");
    }
}
