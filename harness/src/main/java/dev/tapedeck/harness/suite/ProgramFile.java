package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.files.FileProblem;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import dev.tapedeck.vm.wasm.Importer;
import dev.tapedeck.vm.wasm.WasmException;
import dev.tapedeck.vm.wasm.text.WatException;
import dev.tapedeck.vm.wasm.text.WatModule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Loads a program from a {@code .bc}, {@code .tasm}, {@code .wasm} or {@code .wat} file.
 *
 * <p>A module cannot say what its tests are, so a file beside it can: {@code sum.tests} beside {@code sum.wasm} has {@code
 * .test} sections as assembly text has them. They take the place of the tests that the module has of its own accord.
 */
public final class ProgramFile {
    /** A larger file is refused before it is read. */
    public static final int FILE_BYTES_MAX = 256 << 20;

    /** What the name of a program ends in, for people. */
    public static final String ENDINGS = ".bc, .tasm, .wasm or .wat";

    private static final String MODULE = ".wasm";
    private static final String MODULE_TEXT = ".wat";
    private static final String TESTS = ".tests";

    static final List<String> ENDING_LIST = List.of(".tasm", ".bc", MODULE, MODULE_TEXT);

    /** How many modules a message names. */
    private static final int NAMED_MAX = 3;

    private ProgramFile() {}

    /** Whether the name of {@code file} ends like a program's, in any case: see {@link #ENDINGS}. */
    public static boolean isProgram(Path file) {
        return isProgram(fileName(file));
    }

    /** Whether a name ends like a program's. */
    public static boolean isProgram(String name) {
        return ends(name, ".bc") || ends(name, ".tasm") || isModule(name);
    }

    /** Whether the name of {@code file} ends like that of a file of tests, in any case. */
    public static boolean isTests(Path file) {
        return ends(fileName(file), TESTS);
    }

    /**
     * The modules whose tests stand in a file of tests: those of its name beside it, sorted.
     *
     * @throws IOException if the folder cannot be read
     */
    public static List<Path> modulesOf(Path tests) throws IOException {
        String name = fileName(tests);
        Path folder = tests.toAbsolutePath().getParent();
        try (Stream<Path> entries = folder == null ? Stream.empty() : Files.list(folder)) {
            return entries.filter(entry -> isModule(fileName(entry))
                            && testsName(fileName(entry)).orElseThrow().equals(name))
                    .sorted()
                    .toList();
        }
    }

    /** Whether this is the name of a WebAssembly module, in the binary format or as text. */
    public static boolean isModule(String name) {
        return ends(name, MODULE) || isModuleText(name);
    }

    /** Whether this is the name of a WebAssembly module as text. */
    public static boolean isModuleText(String name) {
        return ends(name, MODULE_TEXT);
    }

    private static String withoutEnding(String module) {
        return module.substring(0, module.lastIndexOf('.'));
    }

    private static boolean ends(String name, String ending) {
        return name.toLowerCase(Locale.ROOT).endsWith(ending);
    }

    /**
     * The name of the file that a program's tests stand in, if they stand in a text: the program itself, or the file of
     * tests beside a module.
     *
     * @param program the name of a program, with or without folders before it
     */
    public static Optional<String> testsName(String program) {
        if (isModule(program)) {
            return Optional.of(withoutEnding(program) + TESTS);
        }
        return ends(program, ".tasm") ? Optional.of(program) : Optional.empty();
    }

    /**
     * @throws ProgramException if the file cannot be read, is no program, or does not verify; the message begins with the
     *     file's name
     */
    public static VerifiedProgram load(Path file) throws ProgramException {
        String name = fileName(file);
        if (isTests(file)) {
            throw new ProgramException(name + ": " + whoseTests(file, name));
        }
        if (Files.isDirectory(file)) {
            throw new ProgramException(name + ": "
                    + (Files.isReadable(file) && Files.isExecutable(file)
                            ? "a folder, not a program"
                            : "the folder cannot be read: permission denied"));
        }
        if (!isProgram(file)) {
            if (!Files.exists(file)) {
                throw missing(file, name);
            }
            throw new ProgramException(name + ": not a program; expected a file that ends in " + ENDINGS);
        }
        byte[] bytes = read(file, name);
        Program program = isModule(name)
                ? importModule(file, name, bytes)
                : ends(name, ".bc") ? decode(name, bytes) : assemble(name, bytes);
        try {
            return Verifier.verify(program);
        } catch (VerifyException e) {
            throw new ProgramException(named(name, e));
        }
    }

    /** Why a file of tests is no program: nobody may notice that its tests do not run. */
    private static String whoseTests(Path file, String name) throws ProgramException {
        Path folder = file.toAbsolutePath().getParent();
        List<String> files;
        try (Stream<Path> entries = folder == null ? Stream.empty() : Files.list(folder)) {
            files = entries.map(ProgramFile::fileName).sorted().toList();
        } catch (IOException e) {
            throw new ProgramException(name + ": no such file (looked for " + file.toAbsolutePath() + ")");
        }
        if (!files.contains(name)) {
            return "no such file (looked for " + file.toAbsolutePath() + ")";
        }
        List<String> others = new ArrayList<>();
        for (String module : files) {
            if (isModule(module)) {
                String tests = testsName(module).orElseThrow();
                if (tests.equals(name)) {
                    return "has the tests of " + Visible.of(module) + " and is no program itself";
                }
                if (!files.contains(tests)) {
                    others.add(Visible.of(module));
                }
            }
        }
        String base = Visible.of(withoutEnding(name));
        String expected =
                "there is no " + base + MODULE + " or " + base + MODULE_TEXT + " beside it that has these tests";
        if (others.isEmpty()) {
            return expected;
        }
        return expected + "; modules without tests: "
                + String.join(", ", others.subList(0, Math.min(NAMED_MAX, others.size())))
                + (others.size() > NAMED_MAX ? ", ..." : "");
    }

    /** The tests of a program: those it brings, or the one that runs its entry. */
    public static List<TestCase> tests(Program program) {
        return program.tests().isEmpty() ? List.of(TestCase.ofEntry()) : program.tests();
    }

    /** Why the tests of a program cannot be run as they are; empty if they can. */
    public static Optional<String> testsProblem(String name, Program program) {
        Set<String> names = new HashSet<>();
        for (TestCase test : program.tests()) {
            if (!names.add(test.name())) {
                return Optional.of(place(name, test) + ": there are two tests named '" + test.name()
                        + "'; each needs a name of its own");
            }
        }
        return Optional.empty();
    }

    /** The file and line of a test, or the program's name where that is not known. */
    public static String place(String name, TestCase test) {
        return test.line() > 0 ? testsName(name).orElse(name) + ":" + test.line() : name;
    }

    /** What a test is called in reports: the program's name, and the test's if the program brings tests. */
    public static String displayName(String name, List<TestCase> broughtTests, TestCase test) {
        // It is printed as it is: a line end would make a line of its own, which some build logs take for a command.
        return Visible.of(broughtTests.isEmpty() ? name : name + ": " + test.name());
    }

    private static byte[] read(Path file, String name) throws ProgramException {
        try {
            // Once for each file: discovery reads thousands.
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new ProgramException(name + ": is a directory; expected a program file");
            }
            if (!attributes.isRegularFile()) {
                throw new ProgramException(name + ": is not a regular file; expected a program file");
            }
            if (attributes.size() > FILE_BYTES_MAX) {
                throw new ProgramException(
                        name + ": is larger than " + (FILE_BYTES_MAX >> 20) + " MiB, the most a program may have");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw missing(file, name);
        } catch (IOException e) {
            throw new ProgramException(name + ": cannot be read: " + FileProblem.words(e));
        }
    }

    private static ProgramException missing(Path file, String name) {
        return new ProgramException(name
                + (Files.isSymbolicLink(file) ? ": is a link to a missing file" + target(file) : ": no such file")
                + " (looked for "
                + file.toAbsolutePath() + ")"
                + ENDING_LIST.stream()
                        .map(ending -> name + ending)
                        .filter(other -> !name.isEmpty() && Files.exists(file.resolveSibling(other)))
                        .findFirst()
                        .map(other -> "; there is a " + other)
                        .orElse(""));
    }

    /** What a link says, which may be another link. */
    private static String target(Path link) {
        try {
            return ", " + Visible.of(Files.readSymbolicLink(link).toString());
        } catch (IOException e) {
            return "";
        }
    }

    private static Program decode(String name, byte[] bytes) throws ProgramException {
        try {
            return BcReader.read(bytes);
        } catch (FormatException e) {
            throw new ProgramException(named(name, e));
        }
    }

    private static Program importModule(Path file, String name, byte[] bytes) throws ProgramException {
        Program program;
        try {
            program = isModuleText(name)
                    ? WatModule.read(name, bytes).program(withoutEnding(name))
                    : Importer.program(withoutEnding(name), bytes);
        } catch (WatException e) {
            throw new ProgramException(named(name, e));
        } catch (WasmException e) {
            throw new ProgramException(name + ": " + Visible.of(String.valueOf(e.getMessage())));
        }
        String testsName = testsName(name).orElseThrow();
        Path tests = file.resolveSibling(testsName);
        if (!Files.exists(tests)) {
            return program;
        }
        String text = text(testsName, read(tests, testsName));
        try {
            return Assembler.withTests(program, testsName, text);
        } catch (AssemblyException e) {
            throw new ProgramException(named(testsName, e));
        }
    }

    private static Program assemble(String name, byte[] bytes) throws ProgramException {
        String text = text(name, bytes);
        try {
            return Assembler.assemble(name, text);
        } catch (AssemblyException e) {
            throw new ProgramException(named(name, e));
        }
    }

    private static String text(String name, byte[] bytes) throws ProgramException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ProgramException(
                    name + ": is not UTF-8 text, which assembly has to be; a binary program's name ends in .bc");
        }
    }

    private static String named(String name, Exception problem) {
        String message = String.valueOf(problem.getMessage());
        return message.startsWith(name) ? message : name + ": " + message;
    }

    private static String fileName(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }
}
