package dev.tapedeck.harness.approve;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.approvaltests.Approvals;
import org.approvaltests.approvers.ApprovalApprover;
import org.approvaltests.core.ApprovalFailureReporter;
import org.approvaltests.core.Options;
import org.approvaltests.core.VerifyResult;

/** Compares a run with its approved files, and writes those where that was asked for. */
public final class Approval {
    private static final int CONTEXT_LINES = 3;

    /** What git, Mercurial and Subversion begin a line with; no line of an approved text begins like that. */
    private static final List<String> CONFLICT_MARKERS = List.of("<<<<<<<", "|||||||", "=======", ">>>>>>>");

    private Approval() {}

    /** What came of it. */
    public sealed interface Result {
        /** The run is as approved. */
        record Same() implements Result {}

        /** The run has been approved now. */
        record Written() implements Result {}

        /** Nothing is approved yet; what was received waits in {@code pending}. */
        record Missing(PendingApproval pending) implements Result {}

        /**
         * The run is not as approved.
         *
         * @param conflictLine the first line of {@code approved}, from 1, that a merge left there to be resolved; 0 if
         *     there is none
         * @param diff unified, of {@code received} against {@code approved}
         */
        record Different(String approved, String received, int conflictLine, String diff, PendingApproval pending)
                implements Result {}
    }

    /**
     * Compares {@code received} with the approved text, byte by byte. The recordings are not compared: they say the same
     * as the text and more, but a new version of this tool may write them another way.
     *
     * @param title of the test
     * @param received the run as text
     * @param recording the run's packed recording; becomes the approved one if the run is approved
     * @param folder where received files are left, if they are not approved; nothing else is written there
     * @throws IOException if a file cannot be read or written
     */
    public static Result verify(
            ApprovalMode mode, String title, ApprovedFiles approved, String received, Path recording, Path folder)
            throws IOException {
        PendingApproval pending = PendingApproval.of(title, approved, folder);
        Files.createDirectories(folder);
        Files.writeString(pending.receivedText(), received);
        Files.copy(recording, pending.receivedRecording(), StandardCopyOption.REPLACE_EXISTING);
        Approver approver = new Approver(mode, pending);
        try {
            Approvals.verify(approver, new Options().withReporter(new Quiet()));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return switch (approver.outcome) {
            case SAME -> new Result.Same();
            case WRITTEN -> new Result.Written();
            case MISSING -> {
                pending.save();
                yield new Result.Missing(pending);
            }
            case DIFFERENT -> {
                pending.save();
                String old = utf8(read(approved.text()));
                yield new Result.Different(
                        old, received, conflictLine(old), diff(approved.text(), old, received), pending);
            }
        };
    }

    /**
     * Leaves a run to be approved although the text is as approved: because the recording beside the text is no good.
     *
     * @param folder where received files are left
     */
    public static PendingApproval pendRecording(
            String title, ApprovedFiles approved, String received, Path recording, Path folder) throws IOException {
        PendingApproval pending = PendingApproval.of(title, approved, folder).ofRecording();
        Files.writeString(pending.receivedText(), received);
        Files.copy(recording, pending.receivedRecording(), StandardCopyOption.REPLACE_EXISTING);
        pending.save();
        return pending;
    }

    /** What is approved, with plain line ends. */
    public static String text(ApprovedFiles files) throws IOException {
        return utf8(read(files.text()));
    }

    /** One char per byte, but with plain line ends: a checkout on Windows may have changed them, and no others occur. */
    static String read(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            // A pipe would be waited for.
            throw new IOException(file + " is no file");
        }
        return Files.readString(file, StandardCharsets.ISO_8859_1).replace("\r\n", "\n");
    }

    static String utf8(String latin1) {
        return new String(latin1.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    static String diff(Path file, String approved, String received) {
        String name = String.valueOf(file.getFileName());
        List<String> before = approved.isEmpty() ? List.of() : Arrays.asList(approved.split("\n", -1));
        List<String> after = Arrays.asList(received.split("\n", -1));
        return String.join(
                        "\n",
                        UnifiedDiffUtils.generateUnifiedDiff(
                                name,
                                PendingApproval.received(file),
                                before,
                                DiffUtils.diff(before, after),
                                CONTEXT_LINES))
                + "\n";
    }

    /** The first line, from 1, of a conflict that a merge left to be resolved; 0 if there is none. */
    static int conflictLine(String text) {
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (CONFLICT_MARKERS.stream().anyMatch(lines.get(i)::startsWith)) {
                return i + 1;
            }
        }
        return 0;
    }

    private enum State {
        SAME,
        WRITTEN,
        MISSING,
        DIFFERENT
    }

    /**
     * Our own approver, because the one of ApprovalTests looks for a JUnit method to name files after, downloads scripts,
     * keeps static state that fails the second run of a test, and takes different binary files for equal.
     */
    private static final class Approver implements ApprovalApprover {
        private final ApprovalMode mode;
        private final PendingApproval pending;
        private State outcome = State.SAME;

        Approver(ApprovalMode mode, PendingApproval pending) {
            this.mode = mode;
            this.pending = pending;
        }

        @Override
        public VerifyResult approve() {
            try {
                if (!Files.exists(pending.approvedText())) {
                    outcome = State.MISSING;
                } else if (!read(pending.approvedText()).equals(read(pending.receivedText()))) {
                    outcome = State.DIFFERENT;
                } else if (mode != ApprovalMode.CHECK && !Files.exists(pending.approvedRecording())) {
                    outcome = State.MISSING;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return VerifyResult.from(outcome == State.SAME);
        }

        @Override
        public VerifyResult reportFailure(ApprovalFailureReporter reporter) {
            boolean write = switch (mode) {
                case CHECK -> false;
                case NEW -> outcome == State.MISSING;
                case ALL -> true;
            };
            if (write) {
                try {
                    pending.accept();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                outcome = State.WRITTEN;
            } else {
                reporter.report(
                        pending.receivedText().toString(),
                        pending.approvedText().toString());
            }
            return VerifyResult.from(write);
        }

        @Override
        public void cleanUpAfterSuccess(ApprovalFailureReporter reporter) {
            try {
                pending.reject();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void fail() {
            // The result says it; whoever asked decides what kind of failure that is.
        }
    }

    /** Opens no window and starts no program. */
    private static final class Quiet implements ApprovalFailureReporter {
        @Override
        public boolean report(String received, String approved) {
            return true;
        }
    }
}
