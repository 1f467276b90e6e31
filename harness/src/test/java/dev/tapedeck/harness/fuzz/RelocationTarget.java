package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A snapshot of one program that is read for another version of it. Where functions have only moved, the run goes on as it
 * would have; where they have changed, the snapshot is refused or gives a machine that runs.
 *
 * <p>An input: the program, two bytes of instructions before the snapshot, a byte of edits, the edits of two bytes each,
 * and changes of the snapshot of three bytes each.
 */
final class RelocationTarget implements Target.Code {
    private static final Pattern FUNCTION = Pattern.compile("(?ms)^\\.func .*?^\\.end$");
    private static final Pattern NUMBER = Pattern.compile("(?m)^  i32\\.const (\\d+)$");
    private static final int EDITS_MAX = 16;
    private static final int INSTRUCTIONS = 2_000;
    private static final int SIGNALS = 8;

    /** A text of functions, and whether each of them does what it did. */
    private static final class Version {
        private final String head;
        private final List<String> functions = new ArrayList<>();
        private boolean same = true;

        Version(String text) {
            Matcher matcher = FUNCTION.matcher(text);
            StringBuilder rest = new StringBuilder();
            int at = 0;
            while (matcher.find()) {
                functions.add(matcher.group());
                rest.append(text, at, matcher.start());
                at = matcher.end();
            }
            head = rest.append(text, at, text.length()).toString();
        }

        void edit(int kind, int which) {
            int index = which % functions.size();
            switch (kind % 8) {
                case 0, 1 -> Collections.swap(functions, index, (which / functions.size()) % functions.size());
                case 2, 3 ->
                    functions.add(
                            index,
                            ".func new" + functions.size() + "(a: i32) -> (i32)\n  i32.const " + which
                                    + "\n  return\n.end");
                case 4 -> {
                    // Two functions with one code.
                    String twin = functions.get(index).replaceFirst("\\.func \\w+", ".func twin" + functions.size());
                    functions.add(which % (functions.size() + 1), twin);
                }
                case 5 -> {
                    same = false;
                    Matcher number = NUMBER.matcher(functions.get(index));
                    functions.set(index, number.replaceFirst("  i32.const " + which));
                }
                case 6 -> {
                    same = false;
                    functions.set(index, functions.get(index).replaceFirst("(?m)^  return$", "  nop\n  return"));
                }
                default -> {
                    same = false;
                    functions.remove(index);
                    if (functions.isEmpty()) {
                        functions.add(".func main()\n  return\n.end");
                    }
                }
            }
        }

        String text() {
            return head + "\n" + String.join("\n", functions) + "\n";
        }
    }

    private List<String> texts = List.of();

    @Override
    public void run(byte[] input) throws Exception {
        Choices choices = new Choices(input);
        Version version = new Version(choices.of(texts()));
        VerifiedProgram before = verified(version.text());
        int instructions = choices.u16() % INSTRUCTIONS;
        for (int edits = choices.below(EDITS_MAX); edits > 0; edits--) {
            version.edit(choices.u8(), choices.u8());
        }
        VerifiedProgram after;
        try {
            after = verified(version.text());
        } catch (AssemblyException | VerifyException e) {
            // What was removed is used.
            return;
        }
        Machine whole = Trial.machine(before);
        whole.start(before.program().entry());
        for (int signal = 1; signal <= SIGNALS; signal++) {
            whole.raise(signal, instructions);
        }
        whole.run(instructions);
        byte[] bytes = SnapshotWriter.write(whole.snapshot());
        byte[] patches = choices.rest();
        for (int i = 0; i + 2 < patches.length; i += 3) {
            bytes[((patches[i] & 0xFF) | (patches[i + 1] & 0xFF) << 8) % bytes.length] ^= patches[i + 2];
        }
        Snapshot snapshot;
        try {
            snapshot = SnapshotReader.read(after, bytes);
        } catch (FormatException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
            assertThat(version.same && patches.length < 3)
                    .as("functions have only moved, but: %s", e.getMessage())
                    .isFalse();
            return;
        }
        Machine moved = Trial.machine(after);
        try {
            moved.restore(snapshot);
        } catch (IllegalArgumentException e) {
            assertThat(patches)
                    .as("a snapshot that no limit refuses: " + e.getMessage())
                    .hasSizeGreaterThan(2);
            return;
        }
        if (moved.status() == Status.RUNNING) {
            moved.run(Math.min(moved.icount(), Long.MAX_VALUE - INSTRUCTIONS) + INSTRUCTIONS);
        }
        SnapshotReader.read(after, SnapshotWriter.write(moved.snapshot()));
        if (version.same && patches.length < 3) {
            if (whole.status() == Status.RUNNING) {
                whole.run(instructions + (long) INSTRUCTIONS);
            }
            assertThat(moved.status()).isEqualTo(whole.status());
            assertThat(moved.icount()).isEqualTo(whole.icount());
            assertThat(moved.fault().map(fault -> fault.kind() + fault.detail()))
                    .isEqualTo(whole.fault().map(fault -> fault.kind() + fault.detail()));
            if (whole.status() == Status.RETURNED) {
                assertThat(moved.results()).isEqualTo(whole.results());
            }
            // Read for the program that it was of, it is what that would have become.
            Snapshot back = SnapshotReader.read(before, SnapshotWriter.write(moved.snapshot()));
            assertThat(back.sameState(whole.snapshot()))
                    .as("back in the first program")
                    .isTrue();
        }
    }

    private static VerifiedProgram verified(String text) throws AssemblyException, VerifyException {
        return Verifier.verify(Assembler.assemble("version.tasm", text));
    }

    private synchronized List<String> texts() {
        if (texts.isEmpty()) {
            texts = Target.files(SnapshotTarget.PROGRAMS, ".tasm", Target.INPUT_BYTES_MAX).stream()
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8).replaceAll("[ \t]*;.*", ""))
                    .filter(text -> text.contains(".entry"))
                    .toList();
        }
        return texts;
    }

    @Override
    public List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (int program = 0; program < texts().size(); program++) {
            for (int edit = 0; edit < 8; edit++) {
                byte[] seed = {
                    (byte) program, (byte) (edit * 40), 0, 3, (byte) edit, 1, (byte) edit, 9, 0, 4, 20, (byte) edit, 1
                };
                seeds.add(seed);
                seeds.add(Arrays.copyOf(seed, 10));
            }
        }
        return seeds;
    }
}
