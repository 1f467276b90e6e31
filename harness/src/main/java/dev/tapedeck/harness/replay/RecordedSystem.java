package dev.tapedeck.harness.replay;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.host.CombinedHost;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.host.StandardHost;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import dev.tapedeck.vm.wasi.WasiPreview1;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;

/**
 * The state of the system that a recorded program saw. A recording has the answers of the system and not its state: that
 * of the standard functions follows from the answers, that of WASI functions does not.
 */
final class RecordedSystem {
    private RecordedSystem() {}

    /**
     * The state before the instruction at {@code icount}, as the host saves it that {@link WasiHost#withStandard} makes;
     * {@link HostState#EMPTY} if the program has WASI functions.
     */
    static HostState state(Recording recording, long icount) throws RecordingException {
        Program program = recording.program().program();
        if (program.imports().stream().anyMatch(used -> used.module().equals(WasiPreview1.MODULE))) {
            return HostState.EMPTY;
        }
        long bytesRead = 0;
        long randomNumbers = 0;
        for (HostCallRecord call : recording.hostCalls().subList(0, recording.firstHostCall(icount))) {
            HostImport function = program.imports().get(call.hostImport());
            if (!function.module().equals(StandardHost.MODULE) || call.error().isPresent()) {
                continue;
            }
            switch (function.name()) {
                case "input" -> bytesRead += call.results().get(0);
                case "random" -> randomNumbers++;
                default -> {}
            }
        }
        if (bytesRead < 0) {
            throw new RecordingException(recording.path() + " is damaged: its program reads " + bytesRead + " bytes");
        }
        long seed = recording.options().seed();
        InputTape input = new InputTape(InputStream.nullInputStream());
        input.position(bytesRead);
        OutputStream nowhere = OutputStream.nullOutputStream();
        try (CombinedHost host = new CombinedHost(Map.of(
                StandardHost.MODULE,
                new VirtualHost(input, nowhere, nowhere, VirtualHost.seedAfter(seed, randomNumbers)),
                WasiPreview1.MODULE,
                new WasiHost(new WasiOptions().seed(seed), input, nowhere, nowhere)))) {
            return host.saveState();
        }
    }
}
