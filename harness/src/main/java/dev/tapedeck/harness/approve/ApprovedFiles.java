package dev.tapedeck.harness.approve;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

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
        String stem = (taken ? file : base) + (testFileName.isEmpty() ? "" : "." + testFileName);
        return new ApprovedFiles(
                program.resolveSibling(stem + ".approved.txt"), program.resolveSibling(stem + ".approved.rec"));
    }
}
