package dev.tapedeck.harness.approve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The approved files of one test, beside its program.
 *
 * <p>For {@code sum.tasm} they are {@code sum.approved.txt} and {@code sum.approved.rec}; if the program has several
 * tests, {@code sum.TEST.approved.txt} and so on, where TEST is the test's name as {@code TestFileNames} writes it. A
 * {@code sum.bc} beside a {@code sum.tasm} has {@code sum.bc.approved.txt}, because the other names are taken; in the same
 * way a {@code sum.wasm} beside one of the two has {@code sum.wasm.approved.txt}, and a {@code sum.wat} beside one of the
 * three {@code sum.wat.approved.txt}.
 *
 * @param text what people read and compare
 * @param recording packed; what a differing run is bisected against
 */
public record ApprovedFiles(Path text, Path recording) {
    private static final String TEXT = ".approved.txt";
    private static final String RECORDING = ".approved.rec";

    /**
     * @param program the program's file
     * @param testFileName the test's name as a file name, empty if the program has no more than one test
     */
    public static ApprovedFiles of(Path program, String testFileName) {
        String file = String.valueOf(program.getFileName());
        int dot = file.lastIndexOf('.');
        String base = dot > 0 ? file.substring(0, dot) : file;
        String lower = file.toLowerCase(Locale.ROOT);
        boolean moduleText = lower.endsWith(".wat");
        boolean module = lower.endsWith(".wasm") || moduleText;
        boolean besideText = Files.exists(program.resolveSibling(base + ".tasm"));
        boolean besideBinary = Files.exists(program.resolveSibling(base + ".bc"));
        boolean besideModule = Files.exists(program.resolveSibling(base + ".wasm"));
        boolean taken = (lower.endsWith(".bc") && besideText)
                || (module && (besideText || besideBinary))
                || (moduleText && besideModule);
        return named(program, (taken ? file : base) + (testFileName.isEmpty() ? "" : "." + testFileName));
    }

    /**
     * @param sibling a file in the same folder
     * @param name what stands before {@code .approved.txt}
     */
    public static ApprovedFiles named(Path sibling, String name) {
        return new ApprovedFiles(sibling.resolveSibling(name + TEXT), sibling.resolveSibling(name + RECORDING));
    }

    /** What stands before {@code .approved.txt} or {@code .approved.rec} in a file's name; empty if it ends in neither. */
    public static Optional<String> nameOf(String file) {
        for (String ending : List.of(TEXT, RECORDING)) {
            if (file.endsWith(ending) && file.length() > ending.length()) {
                return Optional.of(file.substring(0, file.length() - ending.length()));
            }
        }
        return Optional.empty();
    }

    /** What stands before {@code .approved.txt}: what the commands call it. */
    public String name() {
        String file = String.valueOf(text.getFileName());
        return nameOf(file).orElse(file);
    }

    /** Those of the two that exist. */
    public List<Path> existing() {
        List<Path> files = new ArrayList<>();
        for (Path file : List.of(text, recording)) {
            if (Files.exists(file)) {
                files.add(file);
            }
        }
        return files;
    }

    /** Removes both. */
    public void delete() throws IOException {
        Files.deleteIfExists(text);
        Files.deleteIfExists(recording);
    }
}
