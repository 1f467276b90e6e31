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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    @CsvSource({"tapedeck.verify, yes, expected true or false", "tapedeck.recordings, none, expected all or failed"})
    void impossibleChoices(String key, String text, String expected) {
        Parameters parameters = new Parameters(Map.of(key, text));
        assertThatThrownBy(() -> {
                    Settings.verify(parameters);
                    Settings.recordings(parameters);
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

        for (Field field : Settings.class.getFields()) {
            Object value = field.get(null);
            assertThat(page)
                    .as(field.getName())
                    .contains("`" + value + (value.toString().endsWith(".") ? "*`" : "`"));
        }
        assertThat(Settings.class.getFields()).hasSizeGreaterThan(8);
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
