package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.program.TestCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Approved files that two tests would have: {@code sum.x.approved.txt} belongs to the test {@code x} of {@code sum.tasm}, and
 * to the only test of {@code sum.x.tasm}. Each would overwrite what is approved of the other.
 */
final class SharedApproval {
    private SharedApproval() {}

    /** Why the test cannot be compared with what is approved; empty if no other test has its files. */
    static Optional<String> problem(TestSubject subject) throws IOException {
        String name = subject.approvedFiles().name();
        for (int end = name.length(); end > 0; end = name.lastIndexOf('.', end - 1)) {
            for (String ending : ProgramFile.ENDING_LIST) {
                Path other = subject.file().resolveSibling(name.substring(0, end) + ending);
                if (Files.isRegularFile(other) && !Files.isSameFile(other, subject.file())) {
                    Optional<String> owner = owner(other, name);
                    if (owner.isPresent()) {
                        return Optional.of(
                                "the approved files " + Visible.of(name) + ".approved.txt and .rec are those of "
                                        + Visible.of(owner.get()) + " too; rename one of the two tests or programs");
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> owner(Path program, String name) {
        List<TestCase> tests = ApprovalClaims.testsOf(program).orElse(List.of());
        return tests.stream()
                .filter(TestCase::approved)
                .filter(test ->
                        TestSubject.approvedFiles(program, tests, test).name().equalsIgnoreCase(name))
                .findFirst()
                .map(test -> "the test '" + test.name() + "' in " + program.getFileName());
    }
}
