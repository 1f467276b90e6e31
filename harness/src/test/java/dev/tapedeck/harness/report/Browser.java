package dev.tapedeck.harness.report;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A headless Chromium, where there is one: the property {@code tapedeck.chromium} names it, or it is where Debian puts it. */
final class Browser {
    private static final int LIMIT_SECONDS = 120;

    private final Path executable;
    private final Path folder;
    private int runs;

    private Browser(Path executable, Path folder) {
        this.executable = executable;
        this.folder = folder;
    }

    /**
     * @param dom the document as it is after its scripts have run
     * @param log what the browser printed, its console included
     */
    record Page(String dom, String log) {}

    /**
     * Skips the test where there is no browser.
     *
     * @param folder for its files
     */
    static Browser find(Path folder) {
        Path executable = Path.of(System.getProperty("tapedeck.chromium", "/usr/bin/chromium"));
        assumeTrue(
                Files.isExecutable(executable),
                "no Chromium at " + executable + "; -Dtapedeck.chromium=PATH names another place");
        return new Browser(executable, folder);
    }

    /** Loads a page and waits until it is done. */
    Page load(String html) throws IOException, InterruptedException {
        runs++;
        Path page = Files.writeString(folder.resolve("page" + runs + ".html"), html);
        Path dom = folder.resolve("dom" + runs + ".html");
        Path log = folder.resolve("log" + runs + ".txt");
        List<String> command = new ArrayList<>(List.of(
                executable.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + Files.createDirectory(folder.resolve("profile" + runs)),
                "--enable-logging=stderr",
                "--v=0",
                "--window-size=1400,1000",
                "--virtual-time-budget=10000",
                "--dump-dom",
                page.toUri().toString()));
        Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(dom.toFile())
                .redirectError(log.toFile())
                .start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("Chromium did not end within " + LIMIT_SECONDS + " s: " + read(log));
        }
        if (process.exitValue() != 0) {
            throw new AssertionError("Chromium ended with " + process.exitValue() + ": " + read(log));
        }
        return new Page(read(dom), read(log));
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
