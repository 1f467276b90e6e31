package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LoopTest {
    /** HotSpot does not compile methods of more bytes of bytecode than this (-XX:HugeMethodLimit). */
    private static final int HUGE_METHOD_LIMIT = 8_000;

    @Test
    @DisplayName("The loop stays below the size from which on HotSpot never compiles a method")
    void size() throws IOException {
        Map<String, Integer> sizes = codeSizes(Interpreter.loopClassFile());
        assertThat(sizes).containsKey("run");
        assertThat(sizes.get("run")).isLessThan(HUGE_METHOD_LIMIT);
    }

    @Test
    void variantsAreDifferentClassesOfOneSource() {
        List<Class<?>> classes = new ArrayList<>();
        for (boolean traced : new boolean[] {false, true}) {
            for (boolean stepped : new boolean[] {false, true}) {
                Interpreter loop = Interpreter.of(traced, stepped);
                assertThat(loop).isSameAs(Interpreter.of(traced, stepped));
                assertThat(loop.getClass().isHidden()).isTrue();
                classes.add(loop.getClass());
            }
        }
        assertThat(classes).doesNotHaveDuplicates();
    }

    /** The length of the code of each method of a class file; see JVMS 4. */
    private static Map<String, Integer> codeSizes(byte[] classFile) throws IOException {
        Map<String, Integer> sizes = new TreeMap<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile))) {
            in.skipNBytes(8);
            String[] texts = new String[in.readUnsignedShort()];
            for (int i = 1; i < texts.length; i++) {
                int tag = in.readUnsignedByte();
                switch (tag) {
                    case 1 -> texts[i] = in.readUTF();
                    case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                    case 5, 6 -> {
                        in.skipNBytes(8);
                        i++; // A long or double takes two entries.
                    }
                    case 7, 8, 16, 19, 20 -> in.skipNBytes(2);
                    case 15 -> in.skipNBytes(3);
                    default -> throw new AssertionError("constant pool tag " + tag);
                }
            }
            in.skipNBytes(6);
            in.skipNBytes(2L * in.readUnsignedShort());
            for (boolean methods : new boolean[] {false, true}) {
                int members = in.readUnsignedShort();
                for (int m = 0; m < members; m++) {
                    in.skipNBytes(2);
                    String name = texts[in.readUnsignedShort()];
                    in.skipNBytes(2);
                    int attributes = in.readUnsignedShort();
                    for (int a = 0; a < attributes; a++) {
                        String attribute = texts[in.readUnsignedShort()];
                        int length = in.readInt();
                        if (methods && attribute.equals("Code")) {
                            in.skipNBytes(4);
                            sizes.merge(name, in.readInt(), Math::max);
                            in.skipNBytes(length - 8L);
                        } else {
                            in.skipNBytes(length);
                        }
                    }
                }
            }
        }
        return sizes;
    }

    /** Every arithmetic instruction on floats, on values that become NaN, infinite, tiny and back; results are stored. */
    private static String[] floats() {
        List<String> body = new ArrayList<>();
        body.add(".local x: f64, y: f32");
        body.add("again:");
        for (String unary : new String[] {"neg", "abs", "ceil", "floor", "trunc", "nearest", "sqrt"}) {
            body.addAll(List.of("i32.const 64", "local.get x", "f64." + unary, "f64.store"));
            body.addAll(List.of("i32.const 64", "local.get y", "f32." + unary, "f32.store"));
        }
        for (String binary : new String[] {"add", "sub", "mul", "div", "min", "max", "copysign"}) {
            body.addAll(
                    List.of("i32.const 64", "local.get x", "i32.const 72", "f64.load", "f64." + binary, "f64.store"));
            body.addAll(
                    List.of("i32.const 72", "i32.const 64", "f64.load", "local.get x", "f64." + binary, "f64.store"));
            body.addAll(
                    List.of("i32.const 80", "local.get y", "i32.const 84", "f32.load", "f32." + binary, "f32.store"));
        }
        body.addAll(List.of("i32.const 64", "local.get y", "f64.promote_f32", "f64.store"));
        body.addAll(List.of("i32.const 64", "local.get x", "f32.demote_f64", "f32.store"));
        // The next operands have any bits: NaNs with payloads, signalling ones, whatever comes.
        body.addAll(List.of("call_host tape.random", "f64.reinterpret_i64", "local.set x"));
        body.addAll(List.of("call_host tape.random", "i32.wrap_i64", "f32.reinterpret_i32", "local.set y"));
        body.addAll(List.of("call_host tape.random", "i64.const 0xFFF8000000000000", "i64.or"));
        body.addAll(List.of("f64.reinterpret_i64", "local.get x", "local.get n", "i32.const 3", "i32.and", "select"));
        body.addAll(List.of("local.set x", "local.get n", "i32.const 1", "i32.sub", "local.tee n", "br_if again"));
        body.add("return");
        return Bench.main(".memory 1", "(n: i32)", body.toArray(String[]::new));
    }

    private static String digestAfter(int rounds) {
        Bench bench = Bench.of(floats()).start(rounds);
        FlowTrace trace = new FlowTrace();
        bench.machine.trace(trace);
        bench.run();
        return Long.toHexString(trace.digest()) + " " + bench.machine.icount();
    }

    /** Runs in a JVM of its own, with the JIT compiler or without. */
    public static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            System.out.println(digestAfter(Integer.parseInt(arguments[0])));
        }
    }

    @Test
    @DisplayName("W10: interpreted and compiled code give the same digest, whatever NaNs come")
    void interpretedOrCompiled() throws Exception {
        int rounds = 6_000;
        String expected = digestAfter(rounds);
        for (int i = 0; i < 5; i++) {
            assertThat(digestAfter(rounds)).as("run " + i).isEqualTo(expected);
        }
        for (String mode : new String[] {"-Xint", "-Xcomp"}) {
            Process child = new ProcessBuilder(
                            System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                            mode,
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Child.class.getName(),
                            Integer.toString(rounds))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(output.trim()).as(mode).isEqualTo(expected);
        }
    }
}
