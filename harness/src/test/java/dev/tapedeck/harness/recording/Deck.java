package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Programs to record in tests, small and of every kind, with small blocks and checkpoints. */
public record Deck(String name, VerifiedProgram program, RunOptions options) {
    public static final String LOOP = """
            .func main() -> (i32)
              .local i: i32, sum: i32
              i32.const 4000
              local.set i
            again:
              local.get sum
              i32.const 31
              i32.mul
              local.get i
              i32.add
              local.set sum
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              local.get sum
              return
            .end
            .entry main
            """;

    public static final String FIBONACCI = """
            .func fib(n: i32) -> (i32)
              local.get n
              i32.const 2
              i32.lt_s
              br_unless more
              local.get n
              return
            more:
              local.get n
              i32.const 1
              i32.sub
              call fib
              local.get n
              i32.const 2
              i32.sub
              call fib
              i32.add
              return
            .end
            .func main() -> (i32)
              i32.const 14
              call fib
              return
            .end
            .entry main
            """;

    /** Makes, writes, copies and frees heap sections, some 40 of them, of 0 to 5,000 bytes. */
    public static final String SECTIONS = """
            .func churn(n: i32) -> i32
              .local i: i32, sum: i32, old: i32, new: i32
              .loop
                local.get i
                local.get n
                i32.ge_s
                break_if
                local.get i
                i32.const 127
                i32.mul
                section.new
                local.set new
                local.get new
                i32.const 0
                local.get i
                local.get i
                i32.const 127
                i32.mul
                section.fill
                local.get i
                i32.eqz
                br_if skip
                local.get new
                i32.const 8
                local.get i
                i64.extend_i32_s
                section.store64 [+100]
                local.get new
                i32.const 20
                local.get new
                i32.const 16
                i32.const 100
                section.copy
                local.get sum
                local.get new
                i32.const 112
                section.load32
                i32.add
                local.set sum
                local.get old
                br_unless skip
                local.get new
                i32.const 1
                local.get old
                i32.const 0
                i32.const 90
                section.copy
                local.get i
                i32.const 3
                i32.and
                br_if skip
                local.get old
                section.free
            skip:
                local.get i
                br_unless next
                local.get new
                local.set old
            next:
                local.get i
                i32.const 1
                i32.add
                local.set i
                continue
              .end
              local.get sum
              local.get old
              section.size
              i32.add
              return
            .end
            .func main() -> i32
              i32.const 40
              call churn
              return
            .end
            .entry main
            """;

    /** A start function, a table that changes and grows, segments that are dropped, two memories, references. */
    public static final String REFERENCES = """
            .memory 1 2
            .memory 0 3
            .global picked: mut funcref = null
            .global token: mut externref = extern 7
            .table operations: funcref 2 40 = add
            .table tokens: externref 0
            .elements more = mul, sub, _
            .data text passive = "passive bytes of a data segment"
            .start prepare
            .func prepare()
              i32.const 2
              memory.grow memory1
              drop
              i32.const 65530
              i32.const 0
              i32.const 20
              memory.init text memory1
              data.drop text
              ref.func sub
              i32.const 3
              table.grow operations
              drop
              i32.const 1
              i32.const 0
              i32.const 2
              table.init more operations
              elem.drop more
              i32.const 4
              i32.const 0
              i32.const 1
              table.copy operations operations
              return
            .end
            .func add(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.add
              return
            .end
            .func sub(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.sub
              return
            .end
            .func mul(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.mul
              return
            .end
            .func main() -> i32
              .local i: i32, x: i32
              i32.const 800
              local.set i
              i32.const 1
              local.set x
            again:
              local.get x
              local.get i
              local.get i
              i32.const 5
              i32.rem_u
              call_indirect operations (i32, i32) -> i32
              local.set x
              local.get i
              local.get x
              i32.store memory1 [65536]
              local.get i
              local.get i
              i64.load32_u memory1 [65530]
              i64.store16
              local.get i
              i32.const 5
              i32.rem_u
              local.get i
              i32.const 1
              i32.and
              br_if other
              ref.func mul
              br set
            other:
              ref.func add
            set:
              table.set operations
              i32.const 0
              table.get operations
              global.set picked
              global.get token
              local.get i
              i32.const 63
              i32.and
              i32.const 0
              i32.ne
              br_if skip
              i32.const 1
              table.grow tokens
              drop
              i32.const 0
              ref.null externref
              table.size tokens
              table.fill tokens
              i32.const 10
              i32.const 65530
              i32.const 40
              memory.copy memory0 memory1
              local.get i
              i32.const 7
              i32.const 100
              memory.fill memory1
              br goes_on
            skip:
              drop
            goes_on:
              global.get picked
              ref.is_null
              br_if end
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
            end:
              local.get x
              return
            .end
            .entry main
            """;

    public static final String TABLES = """
            .table operations = add, sub, mul
            .func add(a: i32, b: i32) -> (i32)
              local.get a
              local.get b
              i32.add
              return
            .end
            .func sub(a: i32, b: i32) -> (i32)
              local.get a
              local.get b
              i32.sub
              return
            .end
            .func mul(a: i32, b: i32) -> (i32)
              local.get a
              local.get b
              i32.mul
              return
            .end
            .func main() -> (i32)
              .local i: i32, x: i32
              i32.const 1500
              local.set i
              i32.const 1
              local.set x
            again:
              local.get x
              local.get i
              local.get i
              i32.const 3
              i32.rem_u
              call_indirect operations (i32, i32) -> i32
              local.set x
              local.get i
              i32.const 7
              i32.rem_u
              br_table zero one two other
            zero:
              local.get x
              i32.const 5
              i32.xor
              local.set x
              br next
            one:
              nop
            two:
              br next
            other:
              local.get x
              i32.const 1
              i32.or
              local.set x
            next:
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              local.get x
              return
            .end
            .entry main
            """;

    public static final String MEMORY = """
            .memory 2 8
            .func main()
              .local i: i32
              i32.const 3000
              local.set i
            again:
              local.get i
              i32.const 37
              i32.mul
              i32.const 131000
              i32.rem_u
              local.get i
              i32.store
              local.get i
              i32.const 500
              i32.rem_u
              br_if no_grow
              i32.const 1
              memory.grow
              drop
              i32.const 70000
              local.get i
              i32.const 300
              memory.fill
              i32.const 90000
              i32.const 70000
              i32.const 5000
              memory.copy
            no_grow:
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              i32.const 7
              halt
            .end
            .entry main
            """;

    public static final String HOST = """
            .memory 1
            .data text = "line of output\\n"
            .func main()
              .local n: i32, sum: i64
            again:
              i32.const 4096
              i32.const 16
              call_host tape.input
              local.tee n
              br_unless done
              i32.const 4096
              local.get n
              call_host tape.output
              call_host tape.random
              call_host tape.clock
              i64.add
              local.get sum
              i64.xor
              local.set sum
              i32.const 8192
              local.get sum
              i64.store
              br again
            done:
              i32.const text
              i32.const text.length
              call_host tape.output
              local.get sum
              call_host tape.print_i64
              i32.const 3
              call_host tape.exit
              unreachable
            .end
            .entry main
            """;

    public static final String INTERRUPTS = """
            .memory 1
            .global ticks: mut i32 = 0
            .func tick(signal: i32, payload: i64)
              global.get ticks
              i32.const 1
              i32.add
              global.set ticks
              i32.const 256
              local.get payload
              i64.store
              local.get signal
              i32.const 5
              i32.eq
              br_unless leave
              i32.const 7
              local.get payload
              interrupt.raise
            leave:
              interrupt.return
            .end
            .func deep(n: i32) -> (i32)
              local.get n
              br_unless bottom
              local.get n
              i32.const 1
              i32.sub
              call deep
              i32.const 1
              i32.add
              return
            bottom:
              i32.const 0
              return
            .end
            .func main() -> (i32)
              .local i: i32, x: i32
              i32.const 3
              interrupt.handle tick
              i32.const 5
              interrupt.handle tick
              i32.const 7
              interrupt.handle tick
              i32.const 400
              local.set i
            again:
              local.get i
              i32.const 15
              i32.and
              call deep
              local.get x
              i32.add
              local.set x
              local.get i
              i32.const 50
              i32.rem_u
              br_if go_on
              interrupt.disable
              i32.const 20
              call deep
              drop
              interrupt.enable
            go_on:
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              global.get ticks
              local.get x
              i32.add
              return
            .end
            .entry main
            """;

    public static final String DIVISION = """
            .func main() -> (i32)
              .local i: i32
              i32.const 250
              local.set i
            again:
              i32.const 1000
              local.get i
              i32.div_s
              drop
              local.get i
              i32.const 1
              i32.sub
              local.set i
              br again
            .end
            .entry main
            """;

    public static final String OVERFLOW = """
            .func main()
              call main
              return
            .end
            .entry main
            """;

    public static VerifiedProgram assemble(String name, String text) {
        try {
            return Verifier.verify(Assembler.assemble(name + ".tasm", text));
        } catch (AssemblyException | VerifyException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    /** Options with blocks of 256 instructions and checkpoints every 1024. */
    public static RunOptions options(List<ScheduledInterrupt> interrupts, long limit) {
        return new RunOptions(
                "",
                List.of(),
                7,
                interrupts,
                limit,
                new Limits(1 << 14, 1 << 9, 64, 1 << 16, 1 << 10),
                256,
                CheckpointSpacing.instructions(1024),
                List.of());
    }

    /** The seeded virtual host with some input, whose output goes nowhere. */
    public Host host() {
        byte[] input =
                "The quick brown fox jumps over the lazy dog.\n".repeat(30).getBytes(StandardCharsets.UTF_8);
        return new VirtualHost(
                new ByteArrayInputStream(input),
                OutputStream.nullOutputStream(),
                OutputStream.nullOutputStream(),
                options.seed());
    }

    private static Deck of(String name, String text, List<ScheduledInterrupt> interrupts, long limit) {
        return new Deck(name, assemble(name, text), options(interrupts, limit));
    }

    private static List<ScheduledInterrupt> every(int distance, int... signals) {
        List<ScheduledInterrupt> interrupts = new ArrayList<>();
        for (long icount = distance; icount < 100_000; icount += distance) {
            for (int signal : signals) {
                interrupts.add(new ScheduledInterrupt(icount, signal, icount * signal));
            }
        }
        return interrupts;
    }

    public static Stream<Deck> all() {
        return Stream.of(
                of("loop", LOOP, List.of(), 1 << 20),
                of("loop stopped by the limit", LOOP, List.of(), 12_345),
                of("loop stopped at the end of a block", LOOP, List.of(), 2048),
                of("fibonacci", FIBONACCI, List.of(), 1 << 20),
                of("tables", TABLES, List.of(), 1 << 20),
                of("references", REFERENCES, List.of(), 1 << 20),
                of("memory", MEMORY, List.of(), 1 << 20),
                of("sections", SECTIONS, List.of(), 1 << 20),
                of("host", HOST, List.of(), 1 << 20),
                of("interrupts", INTERRUPTS, every(100, 3), 1 << 20),
                of("interrupts of two signals at once", INTERRUPTS, every(256, 5, 3), 1 << 20),
                of("interrupts without a handler", INTERRUPTS, every(999, 9), 1 << 20),
                of("interrupts, many", INTERRUPTS, every(17, 3), 1 << 20),
                of("interrupts, stopped", INTERRUPTS, every(100, 3), 5000),
                of("division by zero", DIVISION, List.of(), 1 << 20),
                of("stack overflow", OVERFLOW, List.of(), 1 << 20));
    }

    @Override
    public String toString() {
        return name;
    }
}
