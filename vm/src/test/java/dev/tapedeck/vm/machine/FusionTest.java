package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("G6: fused instructions do what the single ones do")
class FusionTest {
    private static final long[] VALUES = {0, 1, -1, 5, 4_093, 65_528, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE};

    private static final long SLICE_MAX = 1_000_000;

    /** Bodies of (a: i32, b: i32, w: i64) -> (i32) with locals x: i32 and memory of one page. */
    private static List<String> bodies() {
        List<String> bodies = new ArrayList<>(List.of(
                "local.get a\nlocal.get b\ni32.sub",
                "local.get a\nlocal.get b\ni32.add",
                "local.get a\ni32.const 7\ni32.mul",
                "local.get a\ni32.const 7\ni32.add",
                "local.get a\ni32.const -2147483648\ni32.sub",
                "local.get a\ni32.const 7\ni32.sub\nlocal.set b\nlocal.get b",
                "local.get a\ni32.const 7\ni32.add\nlocal.set b\nnop\nlocal.get b",
                "local.get a\ni32.const 7\ni32.add\nlocal.tee b",
                "local.get a\ni32.eqz\nlocal.get b\ni32.add",
                "local.get a\ni32.eqz\ni32.const -5\ni32.add",
                "local.get a\ni32.eqz\ni32.const -5\ni32.sub",
                "local.get a\nlocal.set x\nlocal.get b",
                "local.get a\nlocal.set x\nlocal.get x",
                "local.get a\ni32.load8_u [+3]",
                "local.get a\ni32.load [+3]",
                "local.get a\ni64.load [+3]\ni32.wrap_i64",
                "local.get a\nf64.load\ni64.reinterpret_f64\ni32.wrap_i64",
                // A jump into the middle of what is fused.
                "i32.const 20\nlocal.get b\nbr_if middle\ndrop\nlocal.get a\nmiddle:\ni32.const 7\ni32.add",
                "local.get a\nlocal.get w\nlocal.get w\ni64.add\ni32.wrap_i64\ni32.add"));
        bodies.add("local.get a\nlocal.get b\ni32.add\ni32.load8_u [+3]");
        for (String constant : new String[] {"and", "shl", "shr_u"}) {
            bodies.add("local.get a\nlocal.get b\ni32.xor\ni32.const 37\ni32." + constant);
            bodies.add("local.get a\nlocal.get b\ni32.xor\ni32.const -2\ni32." + constant);
        }
        bodies.add("local.get a\nlocal.get b\ni32.and\nlocal.get a\ni32.xor");
        bodies.add("local.get w\ni64.eqz\ni64.extend_i32_s\nlocal.get w\ni64.xor\ni32.wrap_i64");
        for (String constant : new String[] {"37", "-2"}) {
            bodies.add("local.get a\nlocal.get b\ni32.and\ni32.const " + constant + "\ni32.xor");
            bodies.add("local.get a\nlocal.get b\ni32.xor\ni32.const " + constant
                    + "\ni32.and\nlocal.tee x\nlocal.get x\ni32.sub\nlocal.get x\ni32.or");
            bodies.add("i32.const " + constant + "\nlocal.set b\nlocal.get a\nlocal.get b\ni32.sub");
            bodies.add("i64.const " + constant + "\nlocal.set w\nlocal.get w\ni32.wrap_i64");
        }
        bodies.add("local.get a\nlocal.set x\nlocal.get b\nlocal.set a\nlocal.get x\nlocal.set b\nlocal.get a");
        bodies.add("local.get a\ni32.load16_s [+3]");
        // Numbers, and any bits: NaNs, infinities.
        for (String value : new String[] {"f64.convert_i64_s", "f64.reinterpret_i64"}) {
            String set =
                    "local.get w\n" + value + "\nlocal.set d\nlocal.get a\ni32.eqz\nf64.convert_i32_s\nlocal.set e\n";
            for (String operation : new String[] {"add", "sub", "mul"}) {
                String hash = "\ni64.reinterpret_f64\nlocal.tee w\ni32.wrap_i64";
                bodies.add(set + "nop\nlocal.get d\nlocal.get e\nf64." + operation + hash);
                bodies.add(set + "nop\nlocal.get d\nf64.abs\nlocal.get e\nf64." + operation + hash);
            }
            for (String comparison : new String[] {"lt", "gt"}) {
                for (String branch : new String[] {"br_if", "br_unless"}) {
                    bodies.add(set + "local.get d\nlocal.get e\nf64." + comparison + "\n" + branch
                            + " yes\ni32.const 1\nreturn\nyes:\ni32.const 2");
                }
            }
        }
        for (String branch : new String[] {"br_if", "br_unless"}) {
            for (String comparison : new String[] {"eq", "ne"}) {
                bodies.add("local.get a\nlocal.get b\ni32.or\ni32.const -1\ni32." + comparison + "\n" + branch
                        + " yes\ni32.const 1\nreturn\nyes:\ni32.const 2");
            }
            String way = "\n" + branch + " yes\ni32.const 1\nreturn\nyes:\nlocal.get b";
            bodies.add("local.get a" + way);
            bodies.add("local.get a\nlocal.get b\ni32.and\nlocal.tee b" + way);
            bodies.add("local.get a\ni32.const 1\ni32.add\nlocal.tee b" + way);
            bodies.add("local.get a\ni32.const 5\ni32.sub\nlocal.tee b" + way);
            for (String constant : new String[] {"4093", "-1", "-2147483648"}) {
                bodies.add("local.get a\ni32.const " + constant + "\ni32.lt_s" + way);
                bodies.add("local.get a\nlocal.get b\ni32.or\ni32.const " + constant + "\ni32.gt_u" + way);
                bodies.add("local.get w\ni64.const " + constant + "\ni64.lt_s" + way);
            }
            bodies.add("local.get a\ni32.eqz\n" + branch + " yes\ni32.const 1\nreturn\nyes:\ni32.const 2");
            bodies.add("local.get w\ni64.eqz\n" + branch + " yes\ni32.const 1\nreturn\nyes:\ni32.const 2");
            for (String comparison :
                    new String[] {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"}) {
                bodies.add("local.get a\nlocal.get b\ni32." + comparison + "\n" + branch
                        + " yes\ni32.const 1\nreturn\nyes:\ni32.const 2");
            }
        }
        // Backward, with the limit tested on the way.
        bodies.add("i32.const 0\nlocal.set x\nagain:\nlocal.get x\ni32.const 1\ni32.add\nlocal.tee x\n"
                + "i32.const 9\ni32.lt_s\nbr_if again\nlocal.get x");
        bodies.add("again:\nlocal.get x\ni32.const 1\ni32.add\nlocal.set x\nlocal.get x\ni32.const 9\ni32.ge_s\n"
                + "br_unless again\nlocal.get x");
        return bodies;
    }

    @Test
    void sameStatesFaultsAndTraces() {
        Set<Integer> met = new TreeSet<>();
        for (String body : bodies()) {
            VerifiedProgram program = Bench.verified(Bench.main(
                    ".memory 1", "(a: i32, b: i32, w: i64) -> (i32)", ".local x: i32, d: f64, e: f64", body, "return"));
            for (long word : Image.of(program).fused) {
                met.add((int) word & 0xFFFF);
            }
            for (long a : VALUES) {
                for (long b : VALUES) {
                    String what = body.replace('\n', ' ') + " with " + a + ", " + b;
                    Bench single = run(program, false, a, b, SLICE_MAX);
                    FlowTrace singleTrace = single.trace();
                    for (long slice : new long[] {SLICE_MAX, 1, 2, 3}) {
                        Bench fused = run(program, true, a, b, slice);
                        assertThat(fused.machine.fault()).as(what).isEqualTo(single.machine.fault());
                        assertThat(fused.machine.icount()).as(what).isEqualTo(single.machine.icount());
                        assertThat(fused.machine.snapshot().differences(single.machine.snapshot(), 5))
                                .as(what)
                                .isEmpty();
                        assertThat(fused.trace().digest()).as(what).isEqualTo(singleTrace.digest());
                        assertThat(fused.trace().bits()).as(what).isEqualTo(singleTrace.bits());
                    }
                }
            }
        }
        int[] all = new int[Op.UNARY - Op.GET_GET];
        Arrays.setAll(all, i -> Op.GET_GET + i);
        assertThat(met)
                .as("every fused operation occurs")
                .contains(Arrays.stream(all).boxed().toArray(Integer[]::new));
    }

    private static Bench run(VerifiedProgram program, boolean fusion, long a, long b, long slice) {
        Bench bench = Bench.of(program);
        bench.machine.fusion = fusion;
        bench.machine.memory.write(0, content());
        bench.machine.trace(bench.trace());
        bench.start(a, b, a * 1_000_003 + b);
        Status status = Status.RUNNING;
        while (status == Status.RUNNING) {
            status = bench.machine.run(bench.machine.icount() + slice);
        }
        return bench;
    }

    private static byte[] content() {
        byte[] content = new byte[65_536];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 + 200);
        }
        return content;
    }

    @Test
    void everyInstructionKeepsItsPlace() {
        Image image = Image.of(Bench.verified(ControlTest.FIB));
        assertThat(image.fused).hasSameSizeAs(image.code);
        assertThat((int) image.fused[0] & 0xFFFF).isEqualTo(Op.GET_CONST_LT_S_BRANCH);
        assertThat(image.fused[2]).isEqualTo(Op.LT_S_BRANCH);
        assertThat(image.fused[3]).isEqualTo(image.code[3]);
        assertThat((int) image.fused[6] & 0xFFFF).isEqualTo(Op.GET_CONST_ADD);
        assertThat((int) (image.fused[6] >> 32)).isEqualTo(-1);
    }
}
