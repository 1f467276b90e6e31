package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.suite.KeptRecordings;
import dev.tapedeck.junit.Settings.InvalidSettingException;
import dev.tapedeck.vm.machine.Limits;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.ConfigurationParameters;

class SettingsTest {
    @ParameterizedTest(name = "CI={0}, parameter {1}, system property {2}: {3}")
    @CsvSource({
        ",     ,      ,      CHECK",
        ",     new,   ,      NEW",
        ",     all,   ,      ALL",
        ",     ALL,   all,   ALL",
        "true, ,      ,      CHECK",
        "true, new,   ,      CHECK",
        "true, all,   ,      CHECK",
        "1,    all,   ,      CHECK",
        "true, all,   all,   ALL",
        "false, new,  ,      NEW",
    })
    @DisplayName("on CI nothing is approved unless the command line says so")
    void approval(String ci, String parameter, String systemProperty, ApprovalMode expected) throws Exception {
        Parameters parameters = new Parameters(parameter == null ? Map.of() : Map.of("tapedeck.approve", parameter));

        assertThat(Settings.approve(
                        parameters,
                        name -> name.equals("CI") ? ci : null,
                        name -> name.equals("tapedeck.approve") ? systemProperty : null))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "10_000, 10000", "4611686018427387904, 4611686018427387904"})
    void limits(String text, long expected) throws InvalidSettingException {
        assertThat(Settings.limit(new Parameters(Map.of("tapedeck.limit", text))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "4611686018427387905", "99999999999999999999", "1e6"})
    void impossibleLimits(String text) {
        assertThatThrownBy(() -> Settings.limit(new Parameters(Map.of("tapedeck.limit", text))))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"1, 256", "4096, 1048576"})
    void memory(String text, int expectedPages) throws InvalidSettingException {
        assertThat(Settings.limits(new Parameters(Map.of("tapedeck.memory.limit", text)))
                        .residentPagesMax())
                .isEqualTo(expectedPages);
    }

    @ParameterizedTest
    @CsvSource({"0", "4097", "1g", "-5"})
    void impossibleMemory(String text) {
        assertThatThrownBy(() -> Settings.limits(new Parameters(Map.of("tapedeck.memory.limit", text))))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("1 to 4096");
    }

    @ParameterizedTest
    @CsvSource({
        "tapedeck.verify, yes, expected true or false",
        "tapedeck.recordings, none, expected all or failed",
        "tapedeck.github, no, expected true or false",
        "tapedeck.parallel.enabled, 1, expected true or false"
    })
    void impossibleChoices(String key, String text, String expected) {
        Parameters parameters = new Parameters(Map.of(key, text));
        assertThatThrownBy(() -> {
                    Settings.verify(parameters);
                    Settings.recordings(parameters);
                    Settings.github(parameters);
                    Settings.parallel(parameters);
                })
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("The setting " + key + " is '" + text + "'; " + expected + ".");
    }

    @Test
    void choices() throws InvalidSettingException {
        Parameters parameters = new Parameters(Map.of("tapedeck.verify", "TRUE", "tapedeck.recordings", "failed"));
        assertThat(Settings.verify(parameters)).isTrue();
        assertThat(Settings.recordings(parameters)).isEqualTo(KeptRecordings.FAILED);
    }

    @Test
    void defaults() throws InvalidSettingException {
        Parameters none = new Parameters(Map.of());
        assertThat(Settings.verify(none)).isFalse();
        assertThat(Settings.recordings(none)).isEqualTo(KeptRecordings.ALL);

        assertThat(Settings.programs(none)).isEqualTo("src/test/programs");
        assertThat(Settings.output(none)).isAbsolute().endsWithRaw(Path.of("target/tapedeck"));
        assertThat(Settings.limit(none)).isEqualTo(10_000_000_000L);
        assertThat(Settings.limits(none)).isEqualTo(Limits.DEFAULT);
        assertThat(Settings.parallel(none)).isFalse();
    }

    @Test
    @DisplayName("docs/junit.md has every key and its default")
    void documentation() throws Exception {
        String page = Files.readString(Path.of("").toAbsolutePath().resolveSibling("docs/junit.md"));

        List<String> keys = new ArrayList<>();
        for (Field field : Settings.class.getFields()) {
            Object value = field.get(null);
            if (value instanceof String key && key.startsWith("tapedeck.")) {
                keys.add(key);
            }
            assertThat(page)
                    .as(field.getName())
                    .contains("`" + value + (value.toString().endsWith(".") ? "*`" : "`"));
        }
        assertThat(Settings.class.getFields()).hasSizeGreaterThan(8);
        assertThat(Settings.KEYS).as("keys that are known").containsExactlyInAnyOrderElementsOf(keys);
        List<String> documented = page.lines()
                .filter(line -> line.startsWith("| `tapedeck."))
                .map(line -> line.substring(3, line.indexOf('`', 3)).replace("*", ""))
                .toList();
        assertThat(documented).as("rows of the table").containsExactlyInAnyOrderElementsOf(keys);
    }

    @ParameterizedTest
    @CsvSource({
        "tapedeck.aprove, tapedeck.approve",
        "tapedeck.APPROVE, tapedeck.approve",
        "Tapedeck.approve, tapedeck.approve",
        "tapedeck.limits, tapedeck.limit",
        "tapedeck.memory, tapedeck.memory.limit",
        "tapedeck.parallel, tapedeck.parallel.enabled",
        "tapedeck.paralell.enabled, tapedeck.parallel.enabled",
        "tapedeck.output.dir, tapedeck.output",
        "tapedeck.verfiy, tapedeck.verify",
        "tapedeck.recording, tapedeck.recordings",
        "tapedeck.program, tapedeck.programs",
    })
    @DisplayName("an unknown key is reported with the nearest one that is known")
    void unknownKeys(String key, String nearest) {
        assertThat(Settings.unknown(new Parameters(Map.of(key, "all\n::x", "other.approve", "x"))))
                .singleElement()
                .asString()
                .startsWith("There is no setting " + key + ", so 'all\\n::x' has no effect; the nearest is " + nearest
                        + ".")
                .doesNotContain("\n");
    }

    @Test
    @DisplayName("known keys, those of thread pools, of the parent pom, and foreign ones are not reported")
    void knownKeys() {
        Map<String, String> values = new TreeMap<>();
        Settings.KEYS.forEach(key -> values.put(key, "x"));
        values.put("tapedeck.parallel.config.custom.class", "x");
        values.put("tapedeck.programs.optional", "true");
        values.put("tapedeck.it.version", "1");
        values.put("tapedeck.bisect.seed", "7");
        values.put("tapedeck.golden", "write");
        values.put(Settings.FOREIGN, "tapedeck.golden, tapedeck.it.*,tapedeck.*.seed");
        assertThat(Settings.unknown(new Parameters(values))).isEmpty();

        values.put(Settings.FOREIGN, "tapedeck");
        assertThat(Settings.unknown(new Parameters(values))).hasSize(3);
    }

    private record Parameters(Map<String, String> values) implements ConfigurationParameters {
        @Override
        public Optional<String> get(String key) {
            return Optional.ofNullable(values.get(key));
        }

        @Override
        public Optional<Boolean> getBoolean(String key) {
            return get(key).map(Boolean::parseBoolean);
        }

        /** Part of the interface up to Platform 1.14. */
        @Deprecated
        @SuppressWarnings({"MissingOverride", "UnusedMethod", "EffectivelyPrivate"})
        public int size() {
            return values.size();
        }

        @Override
        public Set<String> keySet() {
            return values.keySet();
        }
    }
}
