package dev.tapedeck.vm.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.SamplePrograms;
import dev.tapedeck.vm.program.Sha256;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Files that chance has spoilt. A failure names its seed; {@code mutant(seed)} makes the file again.
 */
class BcMutationTest {
    /** Bytes that numbers in LEB128 and counts turn on. */
    private static final int[] TELLING_BYTES = {0x00, 0x01, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xFF};

    private static final List<byte[]> CORPUS = List.of(
            BcWriter.write(SamplePrograms.empty()),
            BcWriter.write(SamplePrograms.everyPart()),
            BcWriter.write(SamplePrograms.everyPart().stripped()),
            BcWriter.write(SamplePrograms.everyInstruction()),
            BcWriter.write(SamplePrograms.random(new Random(1))),
            BcWriter.write(SamplePrograms.random(new Random(2))));

    /** A file of the corpus without its digest, changed in one to four places. */
    private static byte[] mutant(long seed) {
        Random random = new Random(seed);
        byte[] file = CORPUS.get(random.nextInt(CORPUS.size()));
        byte[] body = Arrays.copyOf(file, file.length - Sha256.DIGEST_BYTES);
        for (int i = random.nextInt(4); i >= 0; i--) {
            body = changed(body, random);
        }
        return body;
    }

    private static byte[] changed(byte[] body, Random random) {
        // Magic and version are spared: what comes behind them is what matters here.
        int first = BcFormat.magic().length + 1;
        if (body.length <= first) {
            return body;
        }
        byte[] changed = body.clone();
        int at = first + random.nextInt(body.length - first);
        switch (random.nextInt(6)) {
            case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> changed[at] = (byte) random.nextInt();
            case 2 -> changed[at] = (byte) TELLING_BYTES[random.nextInt(TELLING_BYTES.length)];
            case 3 -> changed = Arrays.copyOf(body, at);
            case 4 -> {
                // A byte more.
                changed = Arrays.copyOf(body, body.length + 1);
                System.arraycopy(body, at, changed, at + 1, body.length - at);
            }
            default -> {
                // A piece of the file written over another.
                int length = Math.min(1 + random.nextInt(16), body.length - at);
                int from = first + random.nextInt(body.length - length - first + 1);
                System.arraycopy(body, from, changed, at, length);
            }
        }
        return changed;
    }

    @Test
    @DisplayName("W6: with a digest that is right, a spoilt file is read or refused, and nothing else happens")
    void digestFixed() {
        int read = 0;
        int verified = 0;
        for (long seed = 0; seed < 30_000; seed++) {
            byte[] body = mutant(seed);
            byte[] file = BcBytes.withDigest(body, body.length);
            try {
                Program program = BcReader.read(file);
                read++;
                assertThat(BcReader.read(BcWriter.write(program))).isEqualTo(program);
                Verifier.verify(program);
                verified++;
            } catch (FormatException | VerifyException e) {
                assertThat(e.getMessage())
                        .as("seed %d", seed)
                        .doesNotContain("\n")
                        .isNotBlank();
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThat(read).as("files that the verifier got to see").isGreaterThan(1_000);
        assertThat(verified).as("valid programs").isBetween(1, read - 1);
    }

    @Test
    @DisplayName("W6: without, it is always refused")
    void digestKept() {
        for (long seed = 0; seed < 5_000; seed++) {
            byte[] body = mutant(seed);
            boolean same = CORPUS.stream()
                    .anyMatch(original ->
                            Arrays.equals(body, 0, body.length, original, 0, original.length - Sha256.DIGEST_BYTES));
            byte[] file = Arrays.copyOf(body, body.length + Sha256.DIGEST_BYTES);
            byte[] original = CORPUS.get(new Random(seed).nextInt(CORPUS.size()));
            System.arraycopy(original, original.length - Sha256.DIGEST_BYTES, file, body.length, Sha256.DIGEST_BYTES);
            if (!same) {
                assertThatThrownBy(() -> BcReader.read(file))
                        .as("seed %d", seed)
                        .isInstanceOf(FormatException.class);
            }
        }
    }

    @Test
    @DisplayName("W6: random bytes behind a good head")
    void randomBytes() {
        for (long seed = 0; seed < 10_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(100)];
            random.nextBytes(bytes);
            BcOutput body = new BcOutput();
            body.raw(BcFormat.magic());
            body.unsigned(BcFormat.VERSION);
            // The program section, so that the random ones behind it are looked into.
            body.raw(new byte[] {0x02, 0x02, 0x00, 0x00, (byte) (3 + random.nextInt(9)), (byte) bytes.length});
            body.raw(bytes);
            byte[] file = BcBytes.withDigest(body.toByteArray(), body.size());
            try {
                BcReader.read(file);
            } catch (FormatException e) {
                assertThat(e.getMessage()).isNotBlank();
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }
}
