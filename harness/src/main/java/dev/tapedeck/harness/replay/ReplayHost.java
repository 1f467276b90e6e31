package dev.tapedeck.harness.replay;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Answers host calls as they were answered when the recording was made. */
final class ReplayHost implements Host {
    private final Recording recording;
    private final Program program;
    private final List<HostCallRecord> calls;
    private final Consumer<HostCallRecord> answered;
    private int next;
    private @Nullable ReplayException mismatch;

    ReplayHost(Recording recording, Consumer<HostCallRecord> answered) {
        this.recording = recording;
        this.program = recording.program().program();
        this.calls = recording.hostCalls();
        this.answered = answered;
    }

    /** Makes the first call at {@code icount} or later the next. */
    void seek(long icount) {
        mismatch = null;
        next = recording.firstHostCall(icount);
    }

    /** Throws if a call did not come as recorded. The machine takes it for a fault, which it is not. */
    void check() throws ReplayException {
        if (mismatch != null) {
            throw mismatch;
        }
    }

    @Override
    public void call(HostCall call) throws HostException {
        List<Long> arguments = new ArrayList<>();
        for (int i = 0; i < call.argumentCount(); i++) {
            arguments.add(call.argument(i));
        }
        String here = "the replay calls " + words(call.index(), arguments) + " at instruction count " + call.icount();
        if (next >= calls.size()) {
            throw fail(here + ", the recording has no more host calls", call.icount());
        }
        HostCallRecord recorded = calls.get(next);
        if (recorded.icount() != call.icount()
                || recorded.hostImport() != call.index()
                || !recorded.arguments().equals(arguments)) {
            throw fail(
                    here + ", the recording has " + words(recorded.hostImport(), recorded.arguments()) + " at "
                            + recorded.icount(),
                    Math.min(call.icount(), recorded.icount()));
        }
        next++;
        if (recorded.error().isPresent()) {
            answered.accept(recorded);
            throw new HostException(recorded.error().get());
        }
        int resultCount = program.typeOf(call.hostImport()).results().size();
        if (recorded.results().size() != resultCount) {
            throw fail(
                    here + ", the recording has " + recorded.results().size() + " results for it, expected "
                            + resultCount,
                    call.icount());
        }
        for (int i = 0; i < resultCount; i++) {
            call.setResult(i, recorded.results().get(i));
        }
        for (MemoryWrite write : recorded.writes()) {
            try {
                call.writeMemory(write.memory(), write.address(), write.bytes());
            } catch (HostException e) {
                throw fail(here + ", the recorded memory write is not possible: " + e.getMessage(), call.icount());
            }
        }
        recorded.halt().ifPresent(call::halt);
        answered.accept(recorded);
    }

    private HostException fail(String message, long icount) {
        mismatch = new ReplayException(message, icount);
        return new HostException(message);
    }

    private String words(int hostImport, List<Long> arguments) {
        String name = hostImport < program.imports().size()
                ? program.imports().get(hostImport).qualifiedName()
                : "import " + hostImport;
        return name + "("
                + String.join(", ", arguments.stream().map(String::valueOf).toList()) + ")";
    }
}
