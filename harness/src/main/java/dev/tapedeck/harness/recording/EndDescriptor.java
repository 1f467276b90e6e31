package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.Position;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The last excerpt: how the run ended, and what the log holds. A log without it was cut.
 *
 * <p>The layout is in docs/recording-format.md, <i>End</i>.
 */
record EndDescriptor(Outcome outcome, long blocks, long interrupts, long hostCalls, long checkpoints, long logDigest) {
    byte[] encode() {
        PayloadOutput out = new PayloadOutput()
                .u8(outcome.kind().code())
                .i64(outcome.icount())
                .i32(outcome.exitCode())
                .cells(outcome.results())
                .u8(outcome.fault().isPresent() ? 1 : 0);
        outcome.fault()
                .ifPresent(fault -> out.text(fault.kind().mnemonic())
                        .text(fault.detail())
                        .i32(fault.position().function())
                        .i32(fault.position().offset())
                        .i64(fault.icount())
                        .i32(fault.sp())
                        .i32(fault.bp())
                        .i32(fault.hp()));
        return out.i64(outcome.stateDigest())
                .i64(blocks)
                .i64(interrupts)
                .i64(hostCalls)
                .i64(checkpoints)
                .i64(logDigest)
                .toBytes();
    }

    static EndDescriptor decode(byte[] payload) throws RecordingException {
        PayloadInput in = new PayloadInput(payload);
        int code = in.u8("outcome");
        Outcome.Kind kind = Arrays.stream(Outcome.Kind.values())
                .filter(candidate -> candidate.code() == code)
                .findFirst()
                .orElseThrow(() -> in.error("outcome is " + code + ", expected 2 to 6"));
        long icount = in.i64("icount", 0, Long.MAX_VALUE);
        int exitCode = in.i32("exit code");
        List<Long> results = in.cells("results");
        Optional<Fault> fault = in.u8("fault") == 1 ? Optional.of(fault(in)) : Optional.empty();
        if (fault.isPresent() != (kind == Outcome.Kind.FAULTED)) {
            throw in.error("outcome " + kind + (fault.isPresent() ? " with a fault" : " without a fault"));
        }
        Outcome outcome = new Outcome(kind, icount, exitCode, results, fault, in.i64("state digest"));
        EndDescriptor end = new EndDescriptor(
                outcome,
                in.i64("blocks"),
                in.i64("interrupts"),
                in.i64("host calls"),
                in.i64("checkpoints"),
                in.i64("log digest"));
        in.end();
        return end;
    }

    private static Fault fault(PayloadInput in) throws RecordingException {
        String mnemonic = in.text("fault kind");
        FaultKind kind = FaultKind.ofMnemonic(mnemonic)
                .orElseThrow(() -> in.error("fault kind '" + mnemonic + "' is unknown to this version of Tapedeck"));
        String detail = in.text("fault detail");
        Position position =
                new Position(in.i32("function", 0, Integer.MAX_VALUE), in.i32("offset", 0, Integer.MAX_VALUE));
        return new Fault(kind, detail, position, in.i64("icount"), in.i32("sp"), in.i32("bp"), in.i32("hp"));
    }
}
