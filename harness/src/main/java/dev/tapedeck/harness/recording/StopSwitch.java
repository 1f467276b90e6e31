package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Machine;
import org.jspecify.annotations.Nullable;

/**
 * Stops a run from another thread, such as one that watches the time. The run ends at an instruction boundary with the
 * outcome {@link Outcome.Kind#STOPPED}, after at most {@value TracedRun#STOP_INSTRUCTIONS} instructions or the first of
 * them that takes long, a host call or a copy; its recording is complete and replays to exactly there.
 *
 * <p>What a host call waits for, only the host can end.
 */
public final class StopSwitch {
    private @Nullable Machine machine;
    private boolean stopped;

    /** Stops the run, which may be over or still to come: then it ends after the first instructions. */
    public synchronized void stop() {
        stopped = true;
        if (machine != null) {
            machine.requestStop();
        }
    }

    synchronized void attach(Machine started) {
        machine = started;
        if (stopped) {
            started.requestStop();
        }
    }
}
