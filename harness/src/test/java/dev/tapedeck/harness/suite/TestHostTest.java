package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestHostTest {
    private final List<String> made = new ArrayList<>();
    private final List<String> closed = new ArrayList<>();

    private final class Own implements Host, AutoCloseable {
        private final String module;

        Own(String module) {
            this.module = module;
            made.add(module);
        }

        @Override
        public void call(HostCall call) {}

        @Override
        public void close() {
            closed.add(module);
            if (module.startsWith("bad")) {
                throw new IllegalStateException("cannot be closed");
            }
        }
    }

    private record Offer(String module, Supplier<Host> made) implements HostFunctions {
        @Override
        public Host host(TestCase test) {
            return made.get();
        }
    }

    private Offer offer(String module) {
        return new Offer(module, () -> new Own(module));
    }

    private TestHost host(boolean timed, String declarations, Offer... offers) throws Exception {
        StringBuilder text = new StringBuilder(".func main()\n  return\n.end\n");
        Arrays.stream(offers)
                .map(Offer::module)
                .distinct()
                .forEach(module -> text.append(".import ").append(module).append(".f()\n"));
        Program program = Assembler.assemble("p.tasm", text + ".test \"t\"\n  .run main\n" + declarations + "\n.end\n");
        return new TestHost(
                program,
                program.tests().get(0),
                new OutputCapture(Optional.empty()),
                OutputStream.nullOutputStream(),
                List.of(offers),
                timed);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("where a test cannot have its host, what was made for it is closed")
    void closed(boolean timed) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> host(timed, "", offer("a"), offer("b"), offer("a")))
                .withMessageContaining("offer host functions of the module a");
        assertThat(made).containsExactly("a", "b");
        assertThat(closed).containsExactly("a", "b");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> host(timed, "", offer("bad"), offer("c"), offer("tape")))
                .withMessageContaining("are there already")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(closed).containsExactly("a", "b", "bad", "c", "tape");

        Offer refusing = new Offer("d", () -> {
            throw new IllegalArgumentException("there is no outside");
        });
        assertThatIllegalArgumentException()
                .isThrownBy(() -> host(timed, "", offer("e"), refusing, offer("f")))
                .withMessage("there is no outside");
        assertThat(closed).containsExactlyElementsOf(made).endsWith("e");
    }

    @Test
    @DisplayName("where a test's virtual system cannot be, nothing is made")
    void notMade() {
        assertThatIllegalArgumentException().isThrownBy(() -> host(true, "  .file \"..\" = \"\"", offer("a")));
        assertThat(made).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("all hosts are closed at the end, also where one of them cannot be")
    void end(boolean timed) throws Exception {
        TestHost host = host(timed, "", offer("bad"), offer("bad2"), offer("c"));

        assertThatIllegalStateException()
                .isThrownBy(host::close)
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(closed).containsExactly("bad", "bad2", "c");
    }
}
