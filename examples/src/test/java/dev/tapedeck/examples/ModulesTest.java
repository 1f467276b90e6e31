package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.wasm.Importer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Modules from npm packages, as JavaScript programs use them: exported functions are called, strings go through the
 * module's memory. Three import nothing, and stand as text in the JavaScript that the packages are; the fourth calls back.
 */
class ModulesTest {
    private static final Host NO_HOST = call -> {
        throw new HostException("nothing is imported");
    };

    private final long seed = Long.getLong("tapedeck.seed", 20_261_121L);

    /** One machine, in which one function after the other is called. */
    private static final class Module {
        private final Machine machine;

        Module(byte[] bytes, Host host) throws Exception {
            machine = new Machine(Verifier.verify(Importer.program("module", bytes)), host, Limits.DEFAULT);
        }

        int call(String function, long... arguments) {
            machine.start(machine.program().findFunction(function).orElseThrow(), arguments);
            assertThat(machine.run(Long.MAX_VALUE)).as(function).isEqualTo(Status.RETURNED);
            return machine.results().isEmpty() ? 0 : machine.results().get(0).intValue();
        }

        int global(String name) {
            List<String> names = machine.program().globals().stream()
                    .map(Program.Global::name)
                    .toList();
            return (int) machine.global(names.indexOf(name));
        }

        void write(int address, byte[] bytes) {
            for (int i = 0; i < bytes.length; i++) {
                machine.set(new Location.MemoryByte(address + i), bytes[i]);
            }
        }
    }

    private static byte[] resource(String path) throws IOException {
        try (InputStream in = ModulesTest.class.getResourceAsStream("/META-INF/resources/webjars/" + path)) {
            return in.readAllBytes();
        }
    }

    private static String script(String path) throws IOException {
        return new String(resource(path), StandardCharsets.UTF_8);
    }

    /** The module that a script has in it in base64: one begins with zero, a, s, m. */
    private static byte[] base64(String path) throws IOException {
        Matcher matcher = Pattern.compile("AGFzb[A-Za-z0-9+/]+=*").matcher(script(path));
        assertThat(matcher.find()).isTrue();
        return Base64.getDecoder().decode(matcher.group());
    }

    /** The module that a script has in it as numbers. */
    private static byte[] numbers(String path) throws IOException {
        Matcher matcher =
                Pattern.compile("Uint8Array\\(\\[([^\\]]*)\\]", Pattern.DOTALL).matcher(script(path));
        assertThat(matcher.find()).isTrue();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        String list = matcher.group(1).replaceAll("//.*", "").replaceAll("\\s", "");
        for (String number : list.split(",")) {
            bytes.write(Integer.parseInt(number));
        }
        return bytes.toByteArray();
    }

    @Test
    @DisplayName("long: 64-bit arithmetic for a language that has none, as Java has it")
    void longArithmetic() throws Exception {
        Module module = new Module(numbers("long/5.3.2/index.js"), NO_HOST);
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            long a = random.nextLong() >> random.nextInt(64);
            long b = random.nextLong() >> random.nextInt(64) | 1;
            String what = a + " and " + b + ", -Dtapedeck.seed=" + seed;
            assertThat(wide(module, "mul", a, b)).as(what).isEqualTo(a * b);
            assertThat(wide(module, "div_s", a, b)).as(what).isEqualTo(a / b);
            assertThat(wide(module, "rem_s", a, b)).as(what).isEqualTo(a % b);
            assertThat(wide(module, "div_u", a, b)).as(what).isEqualTo(Long.divideUnsigned(a, b));
            assertThat(wide(module, "rem_u", a, b)).as(what).isEqualTo(Long.remainderUnsigned(a, b));
        }
    }

    /** Halves go in, and one comes out; the other is left in a global. */
    private static long wide(Module module, String function, long a, long b) {
        int low = module.call(function, (int) a, (int) (a >> 32), (int) b, (int) (b >> 32));
        return (long) module.call("get_high") << 32 | Integer.toUnsignedLong(low);
    }

    @Test
    @DisplayName("es-module-lexer: what a JavaScript module imports and exports")
    void moduleLexer() throws Exception {
        Module module = new Module(base64("es-module-lexer/1.3.0/dist/lexer.js"), NO_HOST);
        String source = """
                import { a, b as c } from './first.js';
                import fs from "fs";
                // import nothing from 'a comment';
                const text = `import x from 'a template'`;
                export const one = 1, two = /import/;
                export default function three() { return import('./' + text); }
                export { c as four };
                """;
        int address = module.call("sa", source.length());
        module.write(address, source.getBytes(StandardCharsets.UTF_16LE));

        assertThat(module.call("parse")).isEqualTo(1);

        List<String> imports = new ArrayList<>();
        while (module.call("ri") != 0) {
            imports.add(source.substring(module.call("is"), module.call("ie")));
        }
        List<String> exports = new ArrayList<>();
        while (module.call("re") != 0) {
            exports.add(source.substring(module.call("es"), module.call("ee")));
        }
        assertThat(imports).containsExactly("./first.js", "fs", "'./' + text");
        assertThat(exports).containsExactly("one", "default", "four");
    }

    @Test
    @DisplayName("cjs-module-lexer: what a CommonJS module exports, without running it")
    void commonJsLexer() throws Exception {
        Module module = new Module(base64("cjs-module-lexer/1.4.3/dist/lexer.js"), NO_HOST);
        String source = """
                'use strict';
                exports.first = 1;
                module.exports.second = function () { return 2; };
                Object.defineProperty(exports, 'third', { enumerable: true, value: 3 });
                // exports.fourth = 4;
                exports['fifth'] = "exports.sixth = 6";
                module.exports = require('./other.js');
                """;
        int address = module.call("sa", source.length() + 1);
        module.write(address, source.getBytes(StandardCharsets.UTF_16LE));

        assertThat(module.call("parseCJS", address, source.length(), 0, 0, 0, 0))
                .isZero();

        List<String> reexports = new ArrayList<>();
        while (module.call("rre") != 0) {
            reexports.add(source.substring(module.call("res"), module.call("ree")));
        }
        List<String> exports = new ArrayList<>();
        while (module.call("re") != 0) {
            exports.add(source.substring(module.call("es"), module.call("ee")));
        }
        assertThat(exports).containsExactly("first", "second", "'third'", "'fifth'");
        assertThat(reexports).containsExactly("'./other.js'");
    }

    @Test
    @DisplayName("source-map: mappings of a minified file, which come back through a function of the host")
    void sourceMap() throws Exception {
        List<List<Integer>> found = new ArrayList<>();
        Host host = call -> {
            assertThat(call.hostImport().qualifiedName()).isEqualTo("env.mapping_callback");
            List<Integer> arguments = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                arguments.add((int) call.argument(i));
            }
            found.add(arguments);
        };
        Module module = new Module(resource("source-map/0.7.6/lib/mappings.wasm"), host);
        byte[] mappings = "AAAA,SAASA,GACP;CAAC,ICDGC".getBytes(StandardCharsets.US_ASCII);
        int buffer = module.call("allocate_mappings", mappings.length);
        module.write(buffer, mappings);
        int parsed = module.call("parse_mappings", buffer);
        assertThat(parsed).isNotZero();

        module.call("by_generated_location", parsed);

        assertThat(found).hasSize(5);
        // Generated line and column, no last column, an original place: source, line, column; a name or none.
        assertThat(found.get(1)).containsExactly(0, 9, 0, 0, 1, 0, 0, 9, 1, 0);
        assertThat(found.get(4)).containsExactly(1, 5, 0, 0, 1, 1, 0, 6, 1, 1);
    }

    @Test
    @DisplayName("long: divided by zero, the module traps and the fault names the export")
    void trap() throws Exception {
        Module module = new Module(numbers("long/5.3.2/index.js"), NO_HOST);
        Machine machine = module.machine;
        machine.start(machine.program().findFunction("div_s").orElseThrow(), 1, 0, 0, 0);

        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.FAULTED);
        assertThat(machine.fault().orElseThrow().kind()).isEqualTo(FaultKind.DIVISION_BY_ZERO);
        assertThat(machine.program()
                        .functionName(machine.fault().orElseThrow().position().function()))
                .isEqualTo("div_s");
    }
}
