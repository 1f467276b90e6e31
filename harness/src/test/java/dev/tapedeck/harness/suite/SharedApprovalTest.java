package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.suite.Verdict.Kind;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedApprovalTest {
    private static final String PROGRAM = ".func main()\n  return\n.end\n.entry main\n";

    @TempDir
    Path root;

    private Path program(String name, String... tests) throws IOException {
        StringBuilder text = new StringBuilder(PROGRAM);
        for (String test : tests) {
            text.append(".test \"").append(test).append("\"\n  .approve\n.end\n");
        }
        return Files.writeString(root.resolve(name), text);
    }

    private Map<String, Verdict> run(Path file) throws Exception {
        VerifiedProgram program = ProgramFile.load(file);
        String name = file.getFileName().toString();
        Map<String, Verdict> verdicts = new LinkedHashMap<>();
        for (TestCase test : program.program().tests()) {
            verdicts.put(
                    test.name(),
                    new TestRunner(root.resolve("output"), ApprovalMode.ALL).run(file, name, program, test));
        }
        return verdicts;
    }

    @Test
    @DisplayName("two tests with one approved file are errors that name each other, and nothing is approved")
    void collide() throws Exception {
        Path sum = program("sum.tasm", "x", "y");
        Path sumX = program("sum.x.tasm", "only");

        Map<String, Verdict> verdicts = run(sum);
        assertThat(verdicts.get("x").kind()).isEqualTo(Kind.ERROR);
        assertThat(verdicts.get("x").message())
                .isEqualTo("sum.tasm:5: the approved files sum.x.approved.txt and .rec are those of the test 'only' in"
                        + " sum.x.tasm too; rename one of the two tests or programs");
        assertThat(verdicts.get("y").kind()).isEqualTo(Kind.PASSED);
        assertThat(run(sumX).get("only").message())
                .contains("sum.x.approved.txt and .rec are those of the test 'x' in sum.tasm too");
        assertThat(root.resolve("sum.x.approved.txt")).doesNotExist();
        assertThat(root.resolve("sum.y.approved.txt")).exists();
    }

    @Test
    @DisplayName("names that only begin alike do not collide, nor does a test named approved")
    void distinct() throws Exception {
        Path sum = program("sum.tasm", "approved", "y.z", "x.a");
        Path sumX = program("sum.x.tasm", "b", "c");
        Path third = program("sum.approved.approved.tasm", "only");

        for (Path file : new Path[] {sum, sumX, third}) {
            assertThat(run(file).values()).extracting(Verdict::kind).containsOnly(Kind.PASSED);
        }
        for (String name : new String[] {"approved", "y.z", "x.a", "x.b", "x.c", "approved.approved"}) {
            assertThat(root.resolve("sum." + name + ".approved.txt")).exists();
        }
    }

    @Test
    @DisplayName("names that differ in case only are two files, and no clash in either direction")
    void caseOnly() throws Exception {
        Path lower = program("sum.tasm", "x", "Y");
        assumeThat(root.resolve("SUM.tasm"))
                .as("file systems that tell upper from lower case")
                .doesNotExist();
        Path[] files = {lower, program("sum.X.tasm", "only"), program("SUM.y.tasm", "only")};

        for (int round = 0; round < 2; round++) {
            for (Path file : files) {
                assertThat(run(file).values()).extracting(Verdict::kind).containsOnly(Kind.PASSED);
            }
        }
        for (String name : new String[] {"sum.x", "sum.Y", "sum.X", "SUM.y"}) {
            assertThat(root.resolve(name + ".approved.txt")).exists();
        }
    }

    @Test
    @DisplayName("names that differ in case only are a clash in both directions where they are one file")
    void caseOnlyInOneFile() throws Exception {
        Path sum = program("sum.tasm", "x", "y");
        Path sumX = program("sum.X.tasm", "only");
        Path approved = Files.writeString(root.resolve("sum.x.approved.txt"), "as it was");
        Path other = root.resolve("sum.X.approved.txt");
        if (!Files.exists(other)) {
            Files.createLink(other, approved);
        }

        assertThat(run(sum).get("x").message()).contains("sum.x.approved.txt", "the test 'only' in sum.X.tasm");
        assertThat(run(sumX).get("only").message()).contains("sum.X.approved.txt", "the test 'x' in sum.tasm");
        assertThat(approved).hasContent("as it was");
    }
}
