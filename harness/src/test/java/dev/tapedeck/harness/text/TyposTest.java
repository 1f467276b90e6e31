package dev.tapedeck.harness.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TyposTest {
    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "'', abc, 3",
        "total, total, 0",
        "total, totl, 1",
        "total, totall, 1",
        "total, tutal, 1",
        "total, toatl, 1",
        "total, ottla, 2",
        "ca, abc, 3",
        "kitten, sitting, 3",
    })
    @DisplayName("letters that are missing, too many, wrong or in the place of the next one count one each")
    void between(String a, String b, int typos) {
        assertThat(Typos.between(a, b)).isEqualTo(typos);
        assertThat(Typos.between(b, a)).isEqualTo(typos);
    }
}
