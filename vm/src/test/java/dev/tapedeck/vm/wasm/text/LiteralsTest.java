package dev.tapedeck.vm.wasm.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LiteralsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "+",
                "-",
                "_1",
                "1_",
                "1__0",
                "0x",
                "0x_1",
                "0x1_",
                "1x",
                "0xg",
                ".0",
                "0e",
                "0e+",
                "1._0",
                "1_.0",
                "1e_1",
                "1e1_",
                "0x1p",
                "0x1pA",
                "0x1.p_1",
                "0x.8",
                "nan:",
                "nan:1",
                "nan:0x",
                "nan:0x_1",
                "infinity",
                "--1",
                "+-1",
                "1d",
                "1f",
                "0b1",
                "0X1",
                "NaN",
                "1 "
            })
    @DisplayName("What is no number")
    void none(String word) {
        assertThat(Literals.form(word)).isEqualTo(Literals.Form.NONE);
    }

    @Test
    @DisplayName("Hexadecimal floating point is rounded to the nearest, ties to even")
    void rounding() {
        long seed = Optional.ofNullable(Long.getLong("tapedeck.seed")).orElse(20260102L);
        Random random = new Random(seed);
        System.out.println("LiteralsTest.rounding: -Dtapedeck.seed=" + seed);
        for (int i = 0; i < 20_000; i++) {
            BigInteger digits = new BigInteger(1 + random.nextInt(100), random).setBit(0);
            if (random.nextBoolean()) {
                // Near the middle between two floats.
                digits = digits.shiftLeft(1 + random.nextInt(60)).add(BigInteger.valueOf(random.nextInt(3) - 1L));
            }
            int exponent = random.nextInt(320) - 220;
            String hex = digits.toString(16);
            int point = random.nextInt(hex.length()) + 1;
            int shown = exponent + 4 * (hex.length() - point);
            String word = "0x" + hex.substring(0, point) + "." + hex.substring(point) + "p" + shown;
            BigDecimal exact = exponent >= 0
                    ? new BigDecimal(digits.shiftLeft(exponent))
                    : new BigDecimal(digits).divide(new BigDecimal(BigInteger.ONE.shiftLeft(-exponent)));
            // Decimal text goes another way through the JDK than hexadecimal text.
            float single = Float.parseFloat(exact.toString());
            assertThat(Literals.f32(word).orElse(Float.floatToRawIntBits(Float.POSITIVE_INFINITY)))
                    .as(word)
                    .isEqualTo(Float.floatToRawIntBits(single));
            assertThat(Literals.f64(word).orElseThrow())
                    .as(word)
                    .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(exact.toString())));
        }
    }

    @Test
    @DisplayName("Numbers of any length are read, or found to be out of range")
    void length() {
        String zeros = "0".repeat(200_000);
        assertThat(Literals.integer("1" + zeros, Long.SIZE)).isEmpty();
        assertThat(Literals.integer(zeros + "1", Integer.SIZE)).hasValue(1);
        assertThat(Literals.u32("0x" + zeros + "ff")).hasValue(255);
        assertThat(Literals.f64("1" + zeros)).isEmpty();
        assertThat(Literals.f64("0." + zeros + "1")).hasValue(0);
        assertThat(Literals.f64("0x1" + zeros + "p-800000")).hasValue(Double.doubleToRawLongBits(1));
        assertThat(Literals.f32("1e-" + zeros + "1")).hasValue(Float.floatToRawIntBits(0.1f));
        assertThat(Literals.f32("1e999999999999999999999")).isEmpty();
        assertThat(Literals.f32("0x1p-99999999999999999999")).hasValue(0);
    }
}
