package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pairs of versions of one program. The second of a pair says in its first line what is expected; the line of the first
 * divergent instruction has a mark, in the versions where that instruction is.
 */
class VersionPairsTest {
    private static final String MARK = "; <-- diverges";

    @TempDir
    Path directory;

    static Stream<String> pairs() {
        try (Stream<Path> files =
                Files.list(Path.of(Objects.requireNonNull(VersionPairsTest.class.getResource("/bisect/versions"))
                        .toURI()))) {
            List<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".b.tasm"))
                    .map(name -> name.substring(0, name.length() - ".b.tasm".length()))
                    .sorted()
                    .toList();
            assertThat(names).hasSizeGreaterThan(20);
            return names.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pairs")
    @DisplayName("the first divergent instruction of two versions is on the marked line, or there is none")
    void divergesWhereMarked(String name) throws RecordingException {
        Bisection found = bisect(name);
        String expected = Programs.text("versions/" + name + ".b.tasm")
                .lines()
                .findFirst()
                .orElseThrow()
                .replace("; expect: ", "");
        assertThat(found.kind().mnemonic()).as(found.summary()).isEqualTo(expected);
        assertThat(found.diverged()).isEqualTo(!expected.equals("none"));
        assertThat(line(found.a())).as(found.summary()).isEqualTo(marked(name + ".a.tasm", found.a()));
        assertThat(line(found.b())).as(found.summary()).isEqualTo(marked(name + ".b.tasm", found.b()));
    }

    /** Where a version has no mark, the instruction does not exist there, and any place will do. */
    private static OptionalInt marked(String file, Bisection.Side side) {
        List<String> lines = Programs.text("versions/" + file).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(MARK)) {
                return OptionalInt.of(i + 1);
            }
        }
        return line(side);
    }

    private static OptionalInt line(Bisection.Side side) {
        Optional<Bisection.Executed> at = side.at();
        return at.isPresent() ? OptionalInt.of(at.get().line()) : OptionalInt.empty();
    }

    private Bisection bisect(String name) throws RecordingException {
        try (Recording a = record(name + ".a");
                Recording b = record(name + ".b")) {
            return Bisector.bisect(a, b);
        }
    }

    private Recording record(String name) throws RecordingException {
        VerifiedProgram program = Programs.program("versions/" + name + ".tasm");
        Path target = directory.resolve(name);
        Recorder.record(program, RunOptions.DEFAULT, LiveRun.host("", 0), target);
        return Recording.open(target);
    }

    @Test
    @DisplayName("a changed constant is explained: what it became, what it changed first, and who wrote that")
    void explainsChange() throws RecordingException {
        Bisection found = bisect("constant-changed");
        assertThat(found.summary())
                .contains("i32.const 10 in discount+5")
                .contains("became i32.const 11")
                .contains("sets global 'total' to 113")
                .contains("sets global 'total' to 112");
        assertThat(found.a().frames()).extracting(Bisection.Frame::function).containsExactly("discount", "main");
        assertThat(found.a().before()).hasSize(12);
        assertThat(found.a().before().get(11).text()).isEqualTo("local.get amount");
        assertThat(found.differences().get(0).location()).isEqualTo("operand 1 of discount");
        assertThat(found.differences().get(0).writerA().orElseThrow().text()).isEqualTo("i32.const 10");
        assertThat(found.differences().get(0).writerB().orElseThrow().text()).isEqualTo("i32.const 11");
        assertThat(found.differences().get(found.differences().size() - 1).location())
                .isEqualTo("first effect");
    }
}
