package dev.tapedeck.vm.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tapedeck.vm.wasm.SpecScript.Command;
import dev.tapedeck.vm.wasm.SpecScript.Tally;
import dev.tapedeck.vm.wasm.SpecScript.TextReader;
import dev.tapedeck.vm.wasm.text.WatException;
import dev.tapedeck.vm.wasm.text.WatModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Every assertion of the official test suite, none left out. How many hold is printed for each script, and written to
 * {@code target}.
 */
class ConformanceTest {
    private static final int SCRIPTS = 90;
    private static final int ASSERTIONS = 26_625;

    private static final Optional<TextReader> TEXT_READER = Optional.of(ConformanceTest::readText);

    @Test
    @DisplayName("W12: every assertion of WebAssembly's test suite holds")
    void assertions() throws Exception {
        check("plain", false);
    }

    @Test
    @DisplayName(
            "W12: every assertion holds when the machine is saved to bytes and restored into a fresh one on the way")
    void assertionsAcrossSnapshots() throws Exception {
        check("snapshots", true);
    }

    private static void readText(byte[] text) throws WasmException {
        try {
            WatModule.read("module.wat", text);
        } catch (WatException e) {
            throw new WasmException(e.kind(), e.reason(), -1);
        }
    }

    private static void check(String mode, boolean snapshots) throws Exception {
        String archive = System.getProperty(OfficialSuite.PROPERTY, "");
        assumeTrue(
                !archive.isEmpty(),
                "the official test suite is not here: set " + OfficialSuite.PROPERTY + " to the path of core.tar.xz");
        OfficialSuite suite = OfficialSuite.read(Path.of(archive));
        Tally all = new Tally();
        List<String> unexpected = new ArrayList<>();
        StringBuilder table = new StringBuilder(header(mode));
        for (String script : suite.scripts()) {
            Tally tally = new SpecScript(suite, script, snapshots, TEXT_READER).run();
            all.add(tally);
            unexpected.addAll(tally.failures);
            table.append(row(script.substring(script.lastIndexOf('/') + 1), tally));
        }
        table.append(row("all", all));
        System.out.print(table);
        Files.write(
                Path.of("target", "wasm-conformance-" + mode + ".txt"),
                table.toString().getBytes(StandardCharsets.UTF_8));

        assertThat(suite.scripts()).hasSize(SCRIPTS);
        assertThat(assertions(all)).isEqualTo(ASSERTIONS);
        assertThat(unexpected).isEmpty();
    }

    private static int assertions(Tally tally) {
        int count = 0;
        for (Command command : Command.values()) {
            if (command.isAssertion()) {
                count += tally.passed.getOrDefault(command, 0) + tally.failed.getOrDefault(command, 0);
            }
        }
        return count;
    }

    private static String header(String mode) {
        StringBuilder line = new StringBuilder(
                "WebAssembly test suite, " + mode + ": what holds, and of how many where it is less\n");
        line.append(String.format(Locale.ROOT, "%-32s", "script"));
        for (Command command : Command.values()) {
            line.append(String.format(Locale.ROOT, " %14s", column(command)));
        }
        return line.append('\n').toString();
    }

    private static String column(Command command) {
        return command.name().toLowerCase(Locale.ROOT);
    }

    private static String row(String name, Tally tally) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-32s", name));
        for (Command command : Command.values()) {
            int passed = tally.passed.getOrDefault(command, 0);
            int failed = tally.failed.getOrDefault(command, 0);
            String count = failed > 0 ? passed + " of " + (passed + failed) : passed > 0 ? "" + passed : "-";
            line.append(String.format(Locale.ROOT, " %14s", count));
        }
        return line.append('\n').toString();
    }
}
