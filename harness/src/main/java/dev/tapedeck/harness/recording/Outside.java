package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.vm.machine.FlowTrace;
import java.nio.charset.StandardCharsets;
import net.openhft.hashing.LongHashFunction;

/** What comes from outside, host calls and interrupts, enters the chain digest; recorder and replay have to agree. */
final class Outside {
    private Outside() {}

    static void fold(FlowTrace trace, Interrupt interrupt) {
        trace.fold(interrupt.icount());
        trace.fold(interrupt.signal());
        trace.fold(interrupt.payload());
    }

    static void fold(FlowTrace trace, HostCallRecord call) {
        trace.fold(call.icount());
        trace.fold(call.hostImport());
        call.arguments().forEach(trace::fold);
        call.results().forEach(trace::fold);
        for (MemoryWrite write : call.writes()) {
            trace.fold(write.memory());
            trace.fold(write.address());
            trace.fold(write.bytes().length);
            trace.fold(LongHashFunction.xx3().hashBytes(write.bytes()));
        }
        call.halt().ifPresent(trace::fold);
        call.error()
                .ifPresent(message ->
                        trace.fold(LongHashFunction.xx3().hashBytes(message.getBytes(StandardCharsets.UTF_8))));
    }
}
