package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryTest {
    private static final long SEED = 4096;

    /** Addresses at which an access lies within a page, at its end, and across two pages. */
    private static final int[] ADDRESSES = {0, 1, 100, 4085, 4088, 4089, 4090, 4092, 4093, 4094, 4095, 4096, 8191};

    @ParameterizedTest
    @CsvSource({
        "i32.load8_s,1,true,i32", "i32.load8_u,1,false,i32", "i32.load16_s,2,true,i32", "i32.load16_u,2,false,i32",
        "i32.load,4,true,i32", "i64.load8_s,1,true,i64", "i64.load8_u,1,false,i64", "i64.load16_s,2,true,i64",
        "i64.load16_u,2,false,i64", "i64.load32_s,4,true,i64", "i64.load32_u,4,false,i64", "i64.load,8,true,i64",
        "f32.load,4,true,f32", "f64.load,8,true,f64"
    })
    @DisplayName("W10: loads are little-endian and extend as they say, also across pages")
    void loads(String mnemonic, int width, boolean signed, String type) {
        Bench bench = Bench.of(
                Bench.main(".memory 1", "(a: i32) -> (" + type + ")", "local.get a", mnemonic + " [+3]", "return"));
        byte[] content = new byte[3 * 4096];
        new Random(SEED).nextBytes(content);
        bench.machine.memory.write(0, content);
        for (int address : ADDRESSES) {
            long expected = 0;
            for (int i = width - 1; i >= 0; i--) {
                expected = expected << 8 | (content[address + 3 + i] & 0xFF);
            }
            if (signed) {
                int unused = 64 - 8 * width;
                expected = expected << unused >> unused;
            }
            assertThat(bench.result(address)).as(mnemonic + " at " + address).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "i32.store8,1,i32",
        "i32.store16,2,i32",
        "i32.store,4,i32",
        "i64.store8,1,i64",
        "i64.store16,2,i64",
        "i64.store32,4,i64",
        "i64.store,8,i64",
        "f32.store,4,f32",
        "f64.store,8,f64"
    })
    @DisplayName("W10: stores are little-endian and touch nothing else, also across pages")
    void stores(String mnemonic, int width, String type) {
        byte[] content = new byte[3 * 4096];
        new Random(SEED).nextBytes(content);
        long value = type.endsWith("32") ? 0xFFFF_FFFF_89AB_CDEFL : 0x0123_4567_89AB_CDEFL;
        Bench bench = Bench.of(Bench.main(
                ".memory 1", "(a: i32, v: " + type + ")", "local.get a", "local.get v", mnemonic + " [+3]", "return"));
        for (boolean fresh : new boolean[] {true, false}) {
            for (int address : ADDRESSES) {
                bench.machine.memory.write(0, content);
                if (fresh) {
                    // Now every page is shared, so the store has to copy first.
                    bench.machine.snapshot();
                }
                byte[] expected = content.clone();
                for (int i = 0; i < width; i++) {
                    expected[address + 3 + i] = (byte) (value >>> (8 * i));
                }
                bench.start(address, value).run();
                assertThat(bench.machine.readMemory(0, content.length))
                        .as(mnemonic + " at " + address)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void copyIsRightWhenRangesOverlapAndFillFills() {
        Bench copy = Bench.of(Bench.main(
                ".memory 1",
                "(to: i32, from: i32, n: i32)",
                "local.get to",
                "local.get from",
                "local.get n",
                "memory.copy",
                "return"));
        Bench fill = Bench.of(Bench.main(
                ".memory 1",
                "(to: i32, v: i32, n: i32)",
                "local.get to",
                "local.get v",
                "local.get n",
                "memory.fill",
                "return"));
        Random random = new Random(SEED);
        byte[] expected = new byte[65_536];
        byte[] filled = new byte[65_536];
        random.nextBytes(expected);
        copy.machine.memory.write(0, expected);
        for (int i = 0; i < 400; i++) {
            int length = random.nextInt(i % 2 == 0 ? 20 : 12_000);
            int from = random.nextInt(65_536 - length + 1);
            int to = i % 3 == 0
                    ? Math.max(0, Math.min(65_536 - length, from + random.nextInt(201) - 100))
                    : random.nextInt(65_536 - length + 1);
            if (i % 10 == 0) {
                copy.machine.snapshot();
            }
            copy.start(to, from, length).run();
            System.arraycopy(expected, from, expected, to, length);
            assertThat(copy.machine.readMemory(0, 65_536))
                    .as("seed " + SEED + ", copy " + i)
                    .isEqualTo(expected);
            fill.start(to, 0x100 + i % 7, length).run();
            Arrays.fill(filled, to, to + length, (byte) (i % 7));
            assertThat(fill.machine.readMemory(0, 65_536))
                    .as("seed " + SEED + ", fill " + i)
                    .isEqualTo(filled);
        }
        for (Bench bench : new Bench[] {copy, fill}) {
            assertThat(bench.fault(65_530, 0, 7).kind()).isEqualTo(FaultKind.OUT_OF_BOUNDS);
            assertThat(bench.fault(0, 0, -1).detail()).contains("4294967295 bytes");
            bench.start(65_536, 0, 0).run();
            assertThat(bench.machine.status()).isEqualTo(Status.RETURNED);
        }
        assertThat(copy.fault(0, 65_530, 7).kind()).isEqualTo(FaultKind.OUT_OF_BOUNDS);
    }

    @Test
    @DisplayName("S7: 4 GiB are addressable, and only touched pages cost")
    void sparse() {
        Bench bench = Bench.of(Bench.main(
                ".memory 65536",
                "(a: i32, v: i32) -> (i32)",
                "local.get a",
                "local.get v",
                "i32.store8",
                "local.get a",
                "i32.load8_u",
                "return"));
        Machine machine = bench.machine;
        assertThat(machine.memoryBytes()).isEqualTo(1L << 32);
        for (int i = 0; i < 256; i++) {
            // 1 MiB of pages, spread over all of it.
            assertThat(bench.result(i * 0x0100_0000L + 17, 1 + i % 255)).isEqualTo(1 + i % 255);
        }
        assertThat(bench.result(-1, 5)).isEqualTo(5);
        assertThat(machine.touchedPageCount()).isEqualTo(257);
        Snapshot snapshot = machine.snapshot();
        assertThat(snapshot.heldPageCount()).isEqualTo(257);
        bench.result(12_345_678, 9);
        assertThat(machine.touchedPageCount()).isEqualTo(258);
        machine.restore(snapshot);
        assertThat(machine.touchedPageCount()).isEqualTo(257);
        assertThat(machine.readMemory(0xFFFF_FFFFL, 1)).containsExactly(5);
        assertThat(machine.readMemory(12_345_678, 1)).containsExactly(0);
        assertThatThrownBy(() -> machine.readMemory(0xFFFF_FFFFL, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    @DisplayName("S7: filling and copying zeros over untouched memory touches nothing")
    void zerosCostNothing() {
        Bench bench = Bench.of(Bench.main(
                ".memory 1024",
                "()",
                "i32.const 100",
                "i32.const 0",
                "i32.const 60000000",
                "memory.fill",
                "i32.const 3",
                "i32.const 30000000",
                "i32.const 20000000",
                "memory.copy",
                "return"));
        bench.start().run();
        assertThat(bench.machine.status()).isEqualTo(Status.RETURNED);
        assertThat(bench.machine.touchedPageCount()).isZero();
    }

    @Test
    void growingPageByPageKeepsContentAndNewPagesAreZero() {
        Bench bench = Bench.of(Bench.main(
                ".memory 1",
                "() -> (i32)",
                "again:",
                "memory.size",
                "i32.const 16",
                "i32.shl",
                "i32.const -1",
                "i32.add",
                "memory.size",
                "i32.store8",
                "i32.const 1",
                "memory.grow",
                "i32.const 299",
                "i32.lt_s",
                "br_if again",
                "memory.size",
                "return"));
        assertThat(bench.result()).isEqualTo(300);
        for (int i = 1; i < 300; i++) {
            assertThat(bench.machine.readMemory(i * 65_536L - 1, 2)).containsExactly((byte) i, 0);
        }
    }
}
