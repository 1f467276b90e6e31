package dev.tapedeck.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** A folder of programs, and the engine run on it. */
final class Workspace {
    static final String PASSES = """
            .func main()
              i32.const 42
              call_host tape.print_i32
              return
            .end
            .entry main
            """;

    static final String TWO_TESTS = """
            .func add(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.add
              return
            .end
            .test "adds two numbers"
              .tags fast math
              .run add 1 2
              .expect result 3
            .end
            .test "adds to a wrong sum"
              .tags slow
              .run add 1 2
              .expect result 4
            .end
            """;

    final Path root;

    Workspace(Path root) {
        this.root = root;
    }

    Path programs() {
        return root.resolve("programs");
    }

    Path output() {
        return root.resolve("output");
    }

    Path program(String name, String text) {
        Path file = programs().resolve(name);
        try {
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Calls the engine as Surefire does, or as everybody else does. It looks at who calls, and that may well be Surefire:
     * a thread of its own has nobody else below it.
     */
    static <T> T calledBySurefire(boolean surefire, Supplier<T> call) {
        FutureTask<T> task =
                new FutureTask<>(() -> surefire ? org.apache.maven.surefire.tapedeck.Caller.call(call) : call.get());
        Thread thread = new Thread(task);
        thread.start();
        try {
            return task.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** The engine in an environment of its own, since it approves nothing where {@code CI} is set, as it is where this is built. */
    EngineTestKit.Builder engine() {
        return EngineTestKit.engine(new TapedeckEngine(Map.of()))
                .enableImplicitConfigurationParameters(false)
                .configurationParameter(Settings.PROGRAMS, programs().toString())
                .configurationParameter(Settings.OUTPUT, output().toString());
    }

    EngineExecutionResults run(DiscoverySelector... selectors) {
        return engine().selectors(selectors).execute();
    }

    /** As Surefire and IDEs do. */
    EngineExecutionResults runAll() {
        return run(selectClass(TapedeckProgramsTest.class));
    }
}
