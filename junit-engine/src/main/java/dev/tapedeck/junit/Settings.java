package dev.tapedeck.junit;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.suite.KeptRecordings;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.TimeLimit;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.machine.Limits;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.ConfigurationParameters;

/**
 * The engine's settings. Each is a JUnit configuration parameter, and so can be given as a system property
 * ({@code mvn test -Dtapedeck.limit=1000000}), in a file {@code junit-platform.properties} on the test class path, or in
 * the launcher's configuration (Surefire's {@code configurationParameters}). Folders are relative to the project's
 * directory.
 */
public final class Settings {
    /**
     * The folder that holds the programs. Surefire looks for tests before it knows its
     * {@code configurationParameters}, so there this one has to be a system property or stand in
     * {@code junit-platform.properties}.
     *
     * <p>Values: a path. Default: {@value #PROGRAMS_DEFAULT}. Example: {@code tapedeck.programs=src/it/programs}
     */
    public static final String PROGRAMS = "tapedeck.programs";

    public static final String PROGRAMS_DEFAULT = "src/test/programs";

    /**
     * The folder that recordings, reports and received files are written to.
     *
     * <p>Values: a path. Default: {@value #OUTPUT_DEFAULT}. Example: {@code tapedeck.output=build/tapedeck}
     */
    public static final String OUTPUT = "tapedeck.output";

    public static final String OUTPUT_DEFAULT = "target/tapedeck";

    /**
     * What to do about approved files: {@code check} compares, and a missing one fails; {@code new} compares, and writes
     * those that are missing; {@code all} writes all that differ. Where the environment variable {@code CI} is set (to
     * anything but {@code false}), only a system property counts and everything else means {@code check}.
     *
     * <p>Values: {@code check}, {@code new}, {@code all}. Default: {@code check}. Example:
     * {@code mvn test -Dtapedeck.approve=new}
     */
    public static final String APPROVE = "tapedeck.approve";

    /**
     * Instructions after which a test is stopped and fails, if it names no limit of its own.
     *
     * <p>Values: 1 to 4611686018427387904; underscores are allowed. Default: {@value #LIMIT_DEFAULT}. Example:
     * {@code tapedeck.limit=50_000_000}
     */
    public static final String LIMIT = "tapedeck.limit";

    public static final long LIMIT_DEFAULT = TestRunner.INSTRUCTION_LIMIT_DEFAULT;

    /**
     * The time by the clock after which a test is stopped and fails, if it names none with {@code .timeout}. How far it came
     * by then depends on the machine, so {@link #LIMIT} is the better guard against loops without an end; this one also ends
     * what waits in a host function.
     *
     * <p>Values: a number and {@code ms}, {@code s}, {@code m} or {@code h}; without one of them, seconds. Default: none.
     * Example: {@code tapedeck.timeout=30 s}
     */
    public static final String TIMEOUT = "tapedeck.timeout";

    /**
     * Memory that a program may have in use, in MiB: pages of 4 KiB that are not all zero. More is the fault
     * {@code memory_overflow}. A large value may need a larger heap for the tests, three times as much.
     *
     * <p>Values: 1 to 4096. Default: {@value #MEMORY_LIMIT_DEFAULT}. Example: {@code tapedeck.memory.limit=1024}
     */
    public static final String MEMORY_LIMIT = "tapedeck.memory.limit";

    public static final long MEMORY_LIMIT_DEFAULT = 256;

    /**
     * Whether each test's recording is replayed at once. If the replay does not reproduce it, the test fails, with the
     * first place that differs; nothing else is concluded from such a recording. It takes about as long again as the run.
     *
     * <p>Values: {@code true}, {@code false}. Default: {@code false}. Example: {@code mvn test -Dtapedeck.verify=true}
     */
    public static final String VERIFY = "tapedeck.verify";

    /**
     * Which tests' recordings stay after the run: {@code all}, or {@code failed}, those of tests that did not pass. A small
     * one takes 70 KB of disk, a long one up to some megabytes. {@code last-passed.rec}, a packed recording that a later
     * failure is compared with, stays in any case.
     *
     * <p>Values: {@code all}, {@code failed}. Default: {@code all}. Example: {@code tapedeck.recordings=failed}
     */
    public static final String RECORDINGS = "tapedeck.recordings";

    /**
     * Whether GitHub Actions is told of failures, where it is what runs the tests: annotations at the programs' lines, and a
     * section of the job's summary.
     *
     * <p>Values: {@code true}, {@code false}. Default: {@code true}. Example: {@code tapedeck.github=false}
     */
    public static final String GITHUB = "tapedeck.github";

    /**
     * Whether tests run in parallel.
     *
     * <p>Values: {@code true}, {@code false}. Default: {@code false}. Example: {@code tapedeck.parallel.enabled=true}
     */
    public static final String PARALLEL_ENABLED = "tapedeck.parallel.enabled";

    /**
     * How many threads run tests in parallel: what follows this prefix are JUnit's own settings for that, as under
     * {@code junit.jupiter.execution.parallel.config.}
     *
     * <p>Values: {@code strategy} ({@code dynamic}, {@code fixed}, {@code custom}), {@code fixed.parallelism} and so on.
     * Default: {@code dynamic}, one thread for each processor. Example: {@code tapedeck.parallel.config.strategy=fixed}
     * with {@code tapedeck.parallel.config.fixed.parallelism=4}
     */
    public static final String PARALLEL_CONFIG_PREFIX = "tapedeck.parallel.config.";

    /**
     * Keys that begin like Tapedeck's and are somebody else's, such as properties of the project's own tests: no warning
     * says that there is no such setting.
     *
     * <p>Values: keys with commas between them; {@code *} stands for any text. Default: none. Example:
     * {@code tapedeck.foreign=tapedeck.demo.port, tapedeck.tests.*}
     */
    public static final String FOREIGN = "tapedeck.foreign";

    /** What all keys begin with. */
    static final String PREFIX = "tapedeck.";

    /** All of the above; a key that ends in a dot stands for those that begin with it. */
    static final List<String> KEYS = List.of(
            PROGRAMS,
            OUTPUT,
            APPROVE,
            LIMIT,
            TIMEOUT,
            MEMORY_LIMIT,
            VERIFY,
            RECORDINGS,
            GITHUB,
            PARALLEL_ENABLED,
            PARALLEL_CONFIG_PREFIX,
            FOREIGN);

    /** Properties of the parent pom. On Maven's command line they are system properties, and reach the tests. */
    private static final Set<String> PARENT_POM_KEYS = Set.of("tapedeck.programs.optional", "tapedeck.version");

    private static final long LIMIT_MAX = 1L << 62;

    /** Of a value in a message. */
    private static final int VALUE_CHARS_MAX = 60;

    private Settings() {}

    /**
     * What is to be said about keys that are given and that no setting has, one line each, sorted: most likely they are
     * misspelt, and have no effect.
     */
    static List<String> unknown(ConfigurationParameters parameters) {
        Predicate<String> foreign = foreign(parameters);
        return parameters.keySet().stream()
                .filter(key -> key.toLowerCase(Locale.ROOT).startsWith(PREFIX))
                .filter(key -> !known(key) && !foreign.test(key))
                .sorted()
                .map(key -> "There is no setting " + Visible.of(key) + ", so '"
                        + Visible.of(parameters.get(key).orElse(""), VALUE_CHARS_MAX)
                        + "' has no effect; the nearest is "
                        + NearestKey.to(key, KEYS) + ". If it is not meant for Tapedeck, name it in " + FOREIGN + ".")
                .toList();
    }

    private static boolean known(String key) {
        return PARENT_POM_KEYS.contains(key)
                || KEYS.stream().anyMatch(known -> known.endsWith(".") ? key.startsWith(known) : key.equals(known));
    }

    private static Predicate<String> foreign(ConfigurationParameters parameters) {
        List<Pattern> patterns = text(parameters, FOREIGN).stream()
                .flatMap(text -> Arrays.stream(text.split(",")))
                .map(String::strip)
                .map(text -> Pattern.compile(Pattern.quote(text).replace("*", "\\E.*\\Q")))
                .toList();
        return key -> patterns.stream().anyMatch(pattern -> pattern.matcher(key).matches());
    }

    /** A setting has a value that it cannot have; the message says which, and what is expected. */
    static final class InvalidSettingException extends Exception {
        private static final long serialVersionUID = 1;

        InvalidSettingException(String message) {
            super(message);
        }
    }

    /** The project's directory. Surefire names it, and without forks the process has another working directory. */
    static Path projectDirectory() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath().normalize();
    }

    static String programs(ConfigurationParameters parameters) {
        return text(parameters, PROGRAMS).orElse(PROGRAMS_DEFAULT);
    }

    static Path output(ConfigurationParameters parameters) throws InvalidSettingException {
        String text = text(parameters, OUTPUT).orElse(OUTPUT_DEFAULT);
        try {
            return projectDirectory().resolve(text).normalize();
        } catch (InvalidPathException e) {
            throw new InvalidSettingException("The setting " + OUTPUT + " is '" + Visible.of(text)
                    + "'; expected a path, such as " + OUTPUT_DEFAULT + ".");
        }
    }

    static long limit(ConfigurationParameters parameters) throws InvalidSettingException {
        return number(parameters, LIMIT, LIMIT_DEFAULT, LIMIT_MAX, "a number of instructions", "50_000_000");
    }

    static Optional<Duration> timeout(ConfigurationParameters parameters) throws InvalidSettingException {
        Optional<String> text = text(parameters, TIMEOUT);
        Optional<Duration> time = text.flatMap(TimeLimit::parse);
        if (text.isPresent() && time.isEmpty()) {
            throw new InvalidSettingException("The setting " + TIMEOUT + " is '" + Visible.of(text.get())
                    + "'; expected a time with ms, s, m or h, from 1 ms to 365 days, such as 30 s.");
        }
        return time;
    }

    static Limits limits(ConfigurationParameters parameters) throws InvalidSettingException {
        return Limits.DEFAULT.withResidentMebibytesMax(number(
                parameters,
                MEMORY_LIMIT,
                MEMORY_LIMIT_DEFAULT,
                Limits.RESIDENT_MEBIBYTES_MAX,
                "a number of MiB",
                "1024"));
    }

    private static long number(
            ConfigurationParameters parameters, String key, long standard, long max, String what, String example)
            throws InvalidSettingException {
        Optional<String> text = text(parameters, key);
        if (text.isEmpty()) {
            return standard;
        }
        try {
            long number = Long.parseLong(text.get().replace("_", ""));
            if (number >= 1 && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Falls through to the same message.
        }
        throw new InvalidSettingException("The setting " + key + " is '" + Visible.of(text.get()) + "'; expected "
                + what + " from 1 to " + max + ", such as " + example + ".");
    }

    /**
     * @param environment looks up an environment variable
     * @param systemProperty looks up a system property
     */
    static ApprovalMode approve(
            ConfigurationParameters parameters,
            UnaryOperator<@Nullable String> environment,
            UnaryOperator<@Nullable String> systemProperty)
            throws InvalidSettingException {
        String text = text(parameters, APPROVE).orElse("check");
        Optional<ApprovalMode> mode = ApprovalMode.ofName(text.toLowerCase(Locale.ROOT));
        if (mode.isEmpty()) {
            throw new InvalidSettingException(
                    "The setting " + APPROVE + " is '" + Visible.of(text) + "'; expected check, new or all.");
        }
        return ApprovalMode.automated(environment.apply("CI")) && systemProperty.apply(APPROVE) == null
                ? ApprovalMode.CHECK
                : mode.get();
    }

    static boolean verify(ConfigurationParameters parameters) throws InvalidSettingException {
        return trueOrFalse(parameters, VERIFY, false);
    }

    private static boolean trueOrFalse(ConfigurationParameters parameters, String key, boolean standard)
            throws InvalidSettingException {
        String text = text(parameters, key).orElse(Boolean.toString(standard)).toLowerCase(Locale.ROOT);
        if (!text.equals("true") && !text.equals("false")) {
            throw new InvalidSettingException(
                    "The setting " + key + " is '" + Visible.of(text) + "'; expected true or false.");
        }
        return text.equals("true");
    }

    static KeptRecordings recordings(ConfigurationParameters parameters) throws InvalidSettingException {
        String text = text(parameters, RECORDINGS).orElse(KeptRecordings.ALL.mnemonic());
        Optional<KeptRecordings> kept = KeptRecordings.ofName(text.toLowerCase(Locale.ROOT));
        if (kept.isEmpty()) {
            throw new InvalidSettingException(
                    "The setting " + RECORDINGS + " is '" + Visible.of(text) + "'; expected all or failed.");
        }
        return kept.get();
    }

    static boolean parallel(ConfigurationParameters parameters) throws InvalidSettingException {
        return trueOrFalse(parameters, PARALLEL_ENABLED, false);
    }

    static boolean github(ConfigurationParameters parameters) throws InvalidSettingException {
        return trueOrFalse(parameters, GITHUB, true);
    }

    private static Optional<String> text(ConfigurationParameters parameters, String key) {
        return parameters.get(key).map(String::strip).filter(value -> !value.isEmpty());
    }
}
