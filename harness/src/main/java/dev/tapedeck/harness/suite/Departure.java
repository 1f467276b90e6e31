package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.ApprovedText;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.harness.text.Quoted;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.Program;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a run departs from an approved text, as far as the two texts tell: there is not always a recording to compare it with.
 *
 * @param icount where the run shows it; empty means at its end, or that it is not known
 * @param clue where to look for how it came about
 */
record Departure(OptionalLong icount, Slicer.Question clue) {
    private static final Departure UNKNOWN = new Departure(OptionalLong.empty(), Slicer.Question.NONE);

    /** What the program wrote tells most, then how the run ended, what is in its globals, and what it called. */
    static Departure of(String approved, String received, Recording recording, OutputCapture output) {
        Optional<Departure> found = output(approved, received, output);
        return found.or(() -> outcome(approved, received, recording))
                .or(() -> globals(approved, received, recording))
                .or(() -> calls(approved, received, recording))
                .orElse(UNKNOWN);
    }

    private static boolean differs(String approved, String received, String what) {
        return !ApprovedText.part(approved, what).equals(ApprovedText.part(received, what));
    }

    private static Optional<Departure> output(String approved, String received, OutputCapture output) {
        if (!differs(approved, received, ApprovedText.OUTPUT)) {
            return Optional.empty();
        }
        Optional<String> expected = bytes(ApprovedText.part(approved, ApprovedText.OUTPUT));
        if (expected.isEmpty()) {
            return Optional.empty();
        }
        byte[] should = expected.get().getBytes(StandardCharsets.ISO_8859_1);
        byte[] is = output.bytes();
        int at = 0;
        while (at < Math.min(should.length, is.length) && should[at] == is[at]) {
            at++;
        }
        Optional<OutputCapture.Origin> origin = output.origin(at);
        if (origin.isPresent() && at < ApprovedText.OUTPUT_BYTES_MAX) {
            long icount = origin.get().icount();
            long offset = at - origin.get().start();
            return Optional.of(new Departure(OptionalLong.of(icount), slicer -> slicer.output(icount, offset)));
        }
        return at == is.length
                ? Optional.of(new Departure(OptionalLong.empty(), Miss.silence(output)))
                : Optional.empty();
    }

    /** What a text shows of the output; empty if somebody has edited it so that it cannot be read. */
    private static Optional<String> bytes(List<String> part) {
        StringBuilder all = new StringBuilder();
        for (String line : part.subList(Math.min(1, part.size()), part.size())) {
            Optional<String> bytes = Quoted.latin1(line.strip());
            if (bytes.isEmpty()) {
                return Optional.empty();
            }
            all.append(bytes.get());
        }
        return Optional.of(all.toString());
    }

    /** The first result that differs, or how the run came to end otherwise. */
    private static Optional<Departure> outcome(String approved, String received, Recording recording) {
        if (!differs(approved, received, ApprovedText.OUTCOME)) {
            return Optional.empty();
        }
        int results =
                recording.outcome().map(outcome -> outcome.results().size()).orElse(0);
        String[] before = String.join("", ApprovedText.part(approved, ApprovedText.OUTCOME))
                .split(", ", -1);
        String[] after = String.join("", ApprovedText.part(received, ApprovedText.OUTCOME))
                .split(", ", -1);
        int wrong = Math.max(0, Arrays.mismatch(before, after));
        return Optional.of(
                new Departure(OptionalLong.empty(), wrong < results ? slicer -> slicer.result(wrong) : Miss.ENDING));
    }

    private static Optional<Departure> globals(String approved, String received, Recording recording) {
        List<String> before = ApprovedText.part(approved, ApprovedText.GLOBALS);
        Program program = recording.program().program();
        for (String line : ApprovedText.part(received, ApprovedText.GLOBALS)) {
            for (int i = 0; i < program.globals().size() && !before.contains(line); i++) {
                if (line.startsWith("  " + ApprovedText.globalName(program, i) + ": ")) {
                    Location global = new Location.GlobalVariable(i);
                    return Optional.of(new Departure(
                            OptionalLong.empty(), slicer -> slicer.value(recording.icountEnd(), global, 1)));
                }
            }
        }
        return Optional.empty();
    }

    /** The first call that is one too many, or why there is none more where there are too few. */
    private static Optional<Departure> calls(String approved, String received, Recording recording) {
        if (!differs(approved, received, ApprovedText.HOST_CALLS)) {
            return Optional.empty();
        }
        List<String> before = ApprovedText.part(approved, ApprovedText.HOST_CALLS);
        List<Program.HostImport> imports = recording.program().program().imports();
        for (int i = 0; i < imports.size(); i++) {
            int hostImport = i;
            String name = "  " + imports.get(i).qualifiedName() + ": ";
            Optional<String> line =
                    before.stream().filter(one -> one.startsWith(name)).findFirst();
            String count = line.map(one -> one.substring(name.length())).orElse("0");
            if (!count.matches("[0-9]{1,9}")) {
                continue;
            }
            int should = Integer.parseInt(count);
            List<HostCallRecord> calls = new ArrayList<>();
            for (HostCallRecord call : recording.hostCalls()) {
                if (call.hostImport() == i && calls.size() <= should) {
                    calls.add(call);
                }
            }
            if (calls.size() > should) {
                long icount = calls.get(should).icount();
                return Optional.of(new Departure(OptionalLong.of(icount), slicer -> slicer.way(icount)));
            } else if (calls.size() < should) {
                return Optional.of(new Departure(OptionalLong.empty(), slicer -> slicer.notCalled(hostImport)));
            }
        }
        return Optional.empty();
    }
}
