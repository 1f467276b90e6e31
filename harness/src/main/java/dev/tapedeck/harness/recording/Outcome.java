package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Machine;
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
        LIMIT(5),
        /** It was stopped from outside, as by a timeout; not by anything that a replay could repeat. */
        STOPPED(6);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        /** Whether the program might have gone on: how long it would have run is not known. */
        public boolean isUnfinished() {
            return this == LIMIT || this == STOPPED;
        }
    }

    public Outcome {
        results = List.copyOf(results);
    }

    /** How the run of a machine has ended; if it has not, its limit stopped it. */
    public static Outcome of(Machine machine, StateDigest digest) {
        return of(machine, digest, Kind.LIMIT);
    }

    /** @param unfinished what a run is that has not ended */
    public static Outcome of(Machine machine, StateDigest digest, Kind unfinished) {
        long stateDigest = digest.next(machine.snapshot());
        long icount = machine.icount();
        return switch (machine.status()) {
            case IDLE, RUNNING -> new Outcome(unfinished, icount, 0, List.of(), Optional.empty(), stateDigest);
            case RETURNED -> new Outcome(Kind.RETURNED, icount, 0, machine.results(), Optional.empty(), stateDigest);
            case HALTED ->
                new Outcome(Kind.HALTED, icount, machine.exitCode(), List.of(), Optional.empty(), stateDigest);
            case FAULTED -> new Outcome(Kind.FAULTED, icount, 0, List.of(), machine.fault(), stateDigest);
        };
    }

    /** The same in words, to follow a subject: {@code halted with exit code 3 after 120 instructions}. */
    public String words() {
        String how = switch (kind) {
            case RETURNED ->
                "returned"
                        + (results.isEmpty()
                                ? ""
                                : " "
                                        + String.join(
                                                ", ",
                                                results.stream()
                                                        .map(String::valueOf)
                                                        .toList()));
            case HALTED -> "halted with exit code " + exitCode;
            case FAULTED ->
                "faulted"
                        + fault.map(f -> " with " + f.kind().mnemonic()
                                        + (f.detail().isEmpty() ? "" : " (" + f.detail() + ")"))
                                .orElse("");
            case LIMIT -> "was stopped by the instruction limit";
            case STOPPED -> "was stopped from outside";
        };
        return how + " after " + icount + (icount == 1 ? " instruction" : " instructions");
    }
}
