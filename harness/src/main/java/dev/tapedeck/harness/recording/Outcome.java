package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Fault;
import java.util.List;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param kind how
 * @param icount instructions completed
 * @param exitCode of {@code HALTED}; 0 else
 * @param results cells of {@code RETURNED}; empty else
 * @param fault of {@code FAULTED}; empty else
 * @param stateDigest digest of the complete final state
 */
public record Outcome(
        Kind kind, long icount, int exitCode, List<Long> results, Optional<Fault> fault, long stateDigest) {
    /** Codes are stable: they stand in recordings. */
    public enum Kind {
        RETURNED(2),
        HALTED(3),
        FAULTED(4),
        /** The instruction limit stopped it. */
        LIMIT(5);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }
    }

    public Outcome {
        results = List.copyOf(results);
    }
}
