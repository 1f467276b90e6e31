package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.approve.ObsoleteApproval;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.format.BcWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApprovalClaimsTest {
    private static final String MAIN = ".func main()\n  return\n.end\n.entry main\n";

    @TempDir
    Path folder;

    private final List<Path> loaded = new ArrayList<>();

    /** @param tests their names; those that are approved end in an exclamation mark */
    private Path program(String name, String... tests) throws IOException {
        StringBuilder text = new StringBuilder(MAIN);
        for (String test : tests) {
            boolean approved = test.endsWith("!");
            text.append(".test \"")
                    .append(approved ? test.substring(0, test.length() - 1) : test)
                    .append(approved ? "\"\n.approve\n.end\n" : "\"\n.end\n");
        }
        return Files.writeString(folder.resolve(name), text);
    }

    private void approved(String... names) throws IOException {
        for (String name : names) {
            Files.writeString(folder.resolve(name + ".approved.txt"), "text");
            Files.writeString(folder.resolve(name + ".approved.rec"), "recording");
        }
    }

    private ApprovalClaims claims() {
        return new ApprovalClaims(file -> {
            loaded.add(file.getFileName());
            return ApprovalClaims.testsOf(file);
        });
    }

    private static List<String> names(List<ObsoleteApproval> obsolete) {
        return obsolete.stream().map(one -> one.files().name()).toList();
    }

    private List<String> all() throws IOException {
        return names(claims().in(List.of(folder)));
    }

    @Test
    @DisplayName("files of a test with .approve are not obsolete; those of one that is gone, or has none any more, are")
    void gone() throws IOException {
        program("sum.tasm", "kept, word for word!", "no longer approved", "other!");
        approved("sum.kept-word-for-word", "sum.no-longer-approved", "sum.renamed", "sum.other", "sum");

        assertThat(all()).containsExactly("sum", "sum.no-longer-approved", "sum.renamed");
        assertThat(claims().in(List.of(folder)).get(2).reason())
                .isEqualTo("sum.tasm has no test of that name with .approve");
    }

    @Test
    @DisplayName("a program's only test has no name in its files, so they become obsolete when a second one comes")
    void onlyTest() throws IOException {
        program("sum.tasm", "only!");
        approved("sum", "sum.only");
        assertThat(all()).containsExactly("sum.only");

        program("sum.tasm", "only!", "second");
        assertThat(all()).containsExactly("sum");
    }

    @Test
    @DisplayName("a program without .test has nothing approved")
    void withoutTests() throws IOException {
        program("sum.tasm");
        approved("sum");
        assertThat(all()).containsExactly("sum");
    }

    @Test
    @DisplayName("files that are of no program are obsolete only where the whole folder is judged")
    void withoutProgram() throws IOException {
        Path sum = program("sum.tasm", "t!");
        approved("sum", "product", "sum2", "sums.x");
        // Without a recording it is of something else: the library Approval Tests calls its files so.
        Files.writeString(folder.resolve("FooTest.bar.approved.txt"), "text");

        assertThat(all()).containsExactly("product", "sum2", "sums.x");
        assertThat(claims().beside(sum)).isEmpty();
        assertThat(claims().in(List.of(folder)).get(0).reason())
                .isEqualTo("there is no program of that name beside it");
    }

    @Test
    @DisplayName("names that several programs may have are judged by all of them, whichever was selected")
    void commonBeginnings() throws Exception {
        Path sum = program("sum.tasm", "a!", "b!");
        Path sumX = program("sum.x.tasm", "only!");
        Path binary = program("sum.bc", "t");
        Files.write(binary, BcWriter.write(Assembler.assemble("sum.tasm", MAIN + ".test \"t\"\n.approve\n.end\n")));
        approved("sum.a", "sum.b", "sum.x", "sum.bc", "sum.x.only", "sum.bc.t", "sum.c");

        assertThat(all()).containsExactly("sum.bc.t", "sum.c", "sum.x.only");
        assertThat(names(claims().beside(sum))).containsExactly("sum.bc.t", "sum.c", "sum.x.only");
        assertThat(names(claims().beside(sumX))).containsExactly("sum.x.only");
        assertThat(names(claims().beside(binary))).containsExactly("sum.bc.t", "sum.c", "sum.x.only");
        assertThat(claims().beside(sum).get(2).reason())
                .isEqualTo("sum.bc, sum.tasm, sum.x.tasm have no test of that name with .approve");
    }

    @Test
    @DisplayName(
            "nothing is said of files that may be of a program that cannot be loaded, or of a module that is missing")
    void unknown() throws IOException {
        Files.writeString(folder.resolve("broken.tasm"), "no assembly");
        program("twice.tasm", "t!", "t");
        Files.writeString(folder.resolve("module.tests"), ".test \"t\"\n.approve\n.end\n");
        approved("broken", "broken.t", "twice.t", "module.t");

        assertThat(all()).isEmpty();
    }

    @Test
    @DisplayName("a module's tests stand in a file beside it")
    void modules() throws IOException {
        Files.writeString(folder.resolve("triple.wat"), """
                (module (func (export "triple") (param i32) (result i32) local.get 0 i32.const 3 i32.mul))
                """);
        Files.writeString(
                folder.resolve("triple.tests"),
                ".test \"a\"\n.run triple 1\n.approve\n.end\n.test \"b\"\n.run triple 2\n.end\n");
        approved("triple.a", "triple.b");
        assertThat(all()).containsExactly("triple.b");
    }

    @Test
    @DisplayName("names are compared exactly, unless the file system takes them for the same file")
    void upperAndLowerCase() throws IOException {
        program("sum.tasm", "Adds!", "other");
        approved("sum.Adds");
        assertThat(all()).isEmpty();

        Files.delete(folder.resolve("sum.Adds.approved.txt"));
        Files.delete(folder.resolve("sum.Adds.approved.rec"));
        approved("sum.adds");
        boolean distinguished = !Files.exists(folder.resolve("sum.Adds.approved.txt"));
        assertThat(all()).isEqualTo(distinguished ? List.of("sum.adds") : List.of());
        if (distinguished) {
            // As such a file system would have it: both names lead to one file.
            Files.createLink(folder.resolve("sum.Adds.approved.txt"), folder.resolve("sum.adds.approved.txt"));
            assertThat(all()).isEmpty();
        }
    }

    @Test
    @DisplayName("where nothing is approved, no program is loaded; hidden files are passed over")
    void cheap() throws IOException {
        program("sum.tasm", "t!");
        approved(".hidden");
        assertThat(all()).isEmpty();
        assertThat(loaded).isEmpty();
    }

    @Test
    @DisplayName("one of the two files alone is obsolete too, and the message names what there is")
    void one() throws IOException {
        program("sum.tasm", "t");
        Files.writeString(folder.resolve("sum.old.approved.rec"), "recording");
        ObsoleteApproval obsolete = claims().in(List.of(folder)).get(0);
        assertThat(obsolete.message("sub/"))
                .isEqualTo(
                        "sub/sum.old.approved.rec is obsolete: sum.tasm has no test of that name with .approve; delete"
                                + " it, by hand or with tapedeck review");
        approved("sum.old");
        assertThat(obsolete.message(""))
                .startsWith("sum.old.approved.txt and sum.old.approved.rec are obsolete: ")
                .endsWith("; delete them, by hand or with tapedeck review");
    }

    @Test
    @DisplayName("notes for a review survive until the files are gone, and name nothing but approved files")
    void notes() throws IOException {
        Path output = folder.resolve("output");
        program("sum.tasm", "t");
        approved("sum.old");
        ObsoleteApproval obsolete = claims().in(List.of(folder)).get(0);
        obsolete.save(output);
        obsolete.save(output);
        assertThat(ObsoleteApproval.noted(output)).containsExactly(obsolete.files());

        Path other = Files.writeString(folder.resolve("precious.txt"), "");
        Path notes = output.resolve("obsolete-approvals");
        Files.writeString(notes.resolve("forged.pending"), other + "\n" + other + "\n");
        Files.writeString(notes.resolve("empty.pending"), "");
        Files.write(notes.resolve("binary.pending"), new byte[] {(byte) 0xFF, 0, '\n', (byte) 0xFE});
        assertThat(ObsoleteApproval.noted(output)).containsExactly(obsolete.files());

        obsolete.files().delete();
        assertThat(ObsoleteApproval.noted(output)).isEmpty();
        assertThat(ObsoleteApproval.noted(folder.resolve("missing"))).isEmpty();
        assertThat(claims().whyObsolete(ApprovedFiles.named(folder.resolve("none/sum.tasm"), "sum")))
                .contains("their folder is gone");
    }
}
