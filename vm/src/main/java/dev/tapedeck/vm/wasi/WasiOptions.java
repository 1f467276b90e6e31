package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The system that a program sees through WASI. Without further ado it is virtual and always the same: no arguments but a
 * name, no environment, an empty file tree at {@code /} in memory, a clock that starts at 2020-01-01 and counts
 * instructions as nanoseconds, and a random source with seed 0.
 */
public final class WasiOptions {
    /** 2020-01-01T00:00:00Z in nanoseconds since 1970. */
    public static final long EPOCH_NANOS = 1_577_836_800_000_000_000L;

    /** Bytes of all arguments, and of the whole environment, with a zero behind each. */
    public static final int TEXT_BYTES_MAX = 1 << 20;

    /** Real directories. */
    public static final int DIRECTORIES_MAX = 64;

    /** A real directory that the program may use. */
    record Mount(Path host, String guest, boolean writable) {}

    private final List<String> arguments = new ArrayList<>(List.of("program"));
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final List<Mount> mounts = new ArrayList<>();
    private long seed;
    private boolean realClock;
    private boolean realRandom;
    private boolean terminal;

    /** What a test describes. */
    public static WasiOptions of(Program program, TestCase test) {
        WasiOptions options = new WasiOptions().seed(test.seed());
        if (!program.name().isEmpty()) {
            options.programName(program.name());
        }
        options.arguments(test.system().arguments());
        test.system().environment().forEach(variable -> options.environment(variable.name(), variable.value()));
        test.system()
                .files()
                .forEach(file -> options.file(file.path(), file.content().getBytes(StandardCharsets.ISO_8859_1)));
        return options;
    }

    /** The program's arguments, without its name, which comes first. */
    public WasiOptions arguments(List<String> values) {
        arguments.subList(1, arguments.size()).clear();
        arguments.addAll(values);
        checkText(arguments);
        return this;
    }

    /** The name by which the program is called: the argument 0. */
    public WasiOptions programName(String name) {
        arguments.set(0, name);
        checkText(arguments);
        return this;
    }

    /** One variable of the environment. */
    public WasiOptions environment(String name, String value) {
        if (name.isEmpty() || name.indexOf('=') >= 0) {
            throw new IllegalArgumentException("'" + name + "' cannot be the name of an environment variable");
        }
        environment.put(name, value);
        checkText(variables());
        return this;
    }

    private static void checkText(List<String> texts) {
        long bytes = 0;
        for (String text : texts) {
            if (text.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("an argument or environment variable has a zero character");
            }
            bytes += Guest.utf8(text).length + 1;
        }
        if (bytes > TEXT_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "the arguments or the environment have " + bytes + " bytes, the limit is " + TEXT_BYTES_MAX);
        }
    }

    /**
     * A file of the virtual tree. Directories on the way are made.
     *
     * @param path below {@code /}, with or without a slash in front; one that ends in a slash is an empty directory
     */
    public WasiOptions file(String path, byte[] content) {
        for (String name : path.split("/")) {
            if (name.equals(".") || name.equals("..") || name.length() > PathWalk.NAME_CHARS_MAX) {
                throw new IllegalArgumentException("'" + path + "' cannot be the path of a file");
            }
        }
        if (path.replace("/", "").isEmpty() || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("'" + path + "' cannot be the path of a file");
        }
        if (path.endsWith("/") && content.length > 0) {
            throw new IllegalArgumentException("'" + path + "' is a directory and cannot have a content");
        }
        files.put(path, content.clone());
        return this;
    }

    /**
     * Lets the program use a real directory, and everything below it, but nothing else.
     *
     * @param host the directory; has to exist when the host is made
     * @param guest its path for the program, such as {@code /data}; {@code /} takes the place of the virtual tree
     * @param writable whether the program may change anything there
     */
    public WasiOptions directory(Path host, String guest, boolean writable) {
        if (guest.isEmpty() || guest.indexOf('\0') >= 0 || guest.length() > PathWalk.PATH_BYTES_MAX / 4) {
            throw new IllegalArgumentException("'" + guest + "' cannot be the path of a directory");
        }
        if (mounts.size() == DIRECTORIES_MAX) {
            throw new IllegalArgumentException("more than " + DIRECTORIES_MAX + " directories");
        }
        if (mounts.stream().anyMatch(mount -> mount.guest.equals(guest))) {
            throw new IllegalArgumentException("two directories for the path " + guest);
        }
        mounts.add(new Mount(host, guest, writable));
        return this;
    }

    /** Seed of the random source. */
    public WasiOptions seed(long value) {
        seed = value;
        return this;
    }

    /** Time is the computer's, and sleeping takes it. */
    public WasiOptions realClock() {
        realClock = true;
        return this;
    }

    /** Random numbers are the computer's. */
    public WasiOptions realRandom() {
        realRandom = true;
        return this;
    }

    /** Standard streams are terminals: reading ends at each line feed, and C programs write line by line. */
    public WasiOptions terminal() {
        terminal = true;
        return this;
    }

    List<String> arguments() {
        return arguments;
    }

    List<String> variables() {
        List<String> variables = new ArrayList<>();
        environment.forEach((name, value) -> variables.add(name + "=" + value));
        return variables;
    }

    Map<String, byte[]> files() {
        return files;
    }

    List<Mount> mounts() {
        return mounts;
    }

    long seed() {
        return seed;
    }

    boolean clockIsReal() {
        return realClock;
    }

    boolean randomIsReal() {
        return realRandom;
    }

    boolean isTerminal() {
        return terminal;
    }
}
