package dev.tapedeck.harness.report;

import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What came of all tests of a run.
 *
 * @param rows the tests, in the order of their folders
 * @param begun processes, and times within one, that began to run tests
 * @param ended those of them that have ended
 * @param lost whether what earlier ones had left could not be read
 */
public record Overview(List<Row> rows, int begun, int ended, boolean lost) {
    public Overview {
        rows = List.copyOf(rows);
    }

    /** In the order in which they are shown, and listed in counts. */
    public enum Status {
        FAILED("failed", "Failed"),
        ERROR("not run", "Not run"),
        /** Passed, after it had failed in the same run. */
        FLAKY("flaky", "Flaky"),
        DISABLED("disabled", "Disabled"),
        PASSED("passed", "Passed");

        private final String words;
        private final String heading;

        Status(String words, String heading) {
            this.words = words;
            this.heading = heading;
        }

        /** As in a count: {@code 3 not run}. */
        public String words() {
            return words;
        }

        String heading() {
            return heading;
        }

        /** As in JSON. */
        String mnemonic() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Status> ofMnemonic(String mnemonic) {
            for (Status status : values()) {
                if (status.mnemonic().equals(mnemonic)) {
                    return Optional.of(status);
                }
            }
            return Optional.empty();
        }
    }

    /**
     * A test.
     *
     * @param folder its results' folder below the output folder, with {@code /} between the parts; or what stands for it
     *     where there is none. No two rows have the same
     * @param title program and test
     * @param reason why, in one line; empty if it passed
     * @param instructions that were executed, if any were
     * @param recording its path below the output folder, if it was kept
     * @param files paths of reports and whatever else was left, below the output folder
     * @param earlier why earlier attempts in this run failed, the first one first
     */
    public record Row(
            String folder,
            String title,
            Status status,
            String reason,
            OptionalLong instructions,
            Optional<String> recording,
            List<String> files,
            List<String> earlier) {
        public Row {
            files = List.copyOf(files);
            earlier = List.copyOf(earlier);
        }

        /** Whether it failed, or could not be run. */
        public boolean failed() {
            return status == Status.FAILED || status == Status.ERROR;
        }

        /** This attempt, after an earlier one in the same run. */
        public Row after(Row attempt) {
            List<String> failures = new ArrayList<>(attempt.earlier);
            if (attempt.failed()) {
                failures.add(attempt.reason);
            }
            return new Row(
                    folder,
                    title,
                    status == Status.PASSED && !failures.isEmpty() ? Status.FLAKY : status,
                    reason,
                    instructions,
                    recording,
                    files,
                    failures);
        }
    }

    /** The tests of which this came. */
    List<Row> of(Status status) {
        return rows.stream().filter(row -> row.status == status).toList();
    }

    /** {@code 2 failed, 1 not run, 9 passed of 12}. */
    public String counts() {
        List<String> parts = new ArrayList<>();
        for (Status status : Status.values()) {
            int count = of(status).size();
            if (count > 0) {
                parts.add(Words.count(count) + " " + status.words());
            }
        }
        return parts.isEmpty() ? "no test" : String.join(", ", parts) + " of " + Words.count(rows.size());
    }

    /** What is missing, because somebody has not ended, or what others had left is damaged; empty if nothing is. */
    String incomplete() {
        int missing = begun - ended;
        List<String> sentences = new ArrayList<>();
        if (missing > 0) {
            sentences.add((missing == 1 ? "One execution has" : Words.count(missing) + " executions have")
                    + " not ended: it is running, or was killed. Its tests are not listed.");
        }
        if (lost) {
            sentences.add("results.json could not be read when a later execution of this run came to it."
                    + " Tests that only stood there are not listed; run all once more.");
        }
        return String.join(" ", sentences);
    }
}
