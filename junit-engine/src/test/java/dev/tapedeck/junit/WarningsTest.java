package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathResource;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectDirectory;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectFile;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.launcher.LauncherDiscoveryListener;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;

/** What discovery says is not as somebody will have meant it: as the platform's issues, or on standard error. */
class WarningsTest {
    private static final DiscoverySelector ALL = selectClass(TapedeckProgramsTest.class);

    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() {
        workspace = new Workspace(root);
        workspace.program("plain.tasm", Workspace.PASSES);
    }

    /** What is told on standard error, and as issues. */
    private record Told(List<String> lines, List<String> issues) {}

    private Told discover(boolean surefire, String key, String value, DiscoverySelector... selectors) {
        List<String> issues = new ArrayList<>();
        LauncherDiscoveryListener listener = (LauncherDiscoveryListener) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {LauncherDiscoveryListener.class},
                (proxy, method, given) -> {
                    if (method.getName().equals("issueEncountered")) {
                        issues.add(message(given[1]));
                    }
                    return method.getName().equals("equals") ? (Object) (proxy == given[0]) : 0;
                });
        PrintStream before = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            Workspace.calledBySurefire(
                    surefire,
                    () -> new TapedeckEngine()
                            .discover(
                                    LauncherDiscoveryRequestBuilder.request()
                                            .enableImplicitConfigurationParameters(false)
                                            .selectors(selectors)
                                            .configurationParameter(
                                                    Settings.PROGRAMS,
                                                    workspace.programs().toString())
                                            .configurationParameter(key, value)
                                            .listeners(listener)
                                            .build(),
                                    UniqueId.forEngine(TapedeckEngine.ID)));
        } finally {
            System.setErr(before);
        }
        return new Told(printed.toString(StandardCharsets.UTF_8).lines().toList(), issues);
    }

    private static String message(Object issue) throws ReflectiveOperationException {
        Method severity =
                Class.forName("org.junit.platform.engine.DiscoveryIssue").getMethod("severity");
        Method message =
                Class.forName("org.junit.platform.engine.DiscoveryIssue").getMethod("message");
        assertThat(severity.invoke(issue)).hasToString("WARNING");
        return (String) message.invoke(issue);
    }

    @Test
    @DisplayName("a misspelt setting is an issue where the platform has issues, else a line on standard error")
    void misspelt() {
        Told told = discover(false, "tapedeck.aproved", "all", ALL);

        String message =
                "There is no setting tapedeck.aproved, so 'all' has no effect; the nearest is tapedeck.approve."
                        + " If it is not meant for Tapedeck, name it in tapedeck.foreign.";
        if (Warnings.areIssues()) {
            assertThat(told).isEqualTo(new Told(List.of(), List.of(message)));
        } else {
            assertThat(told).isEqualTo(new Told(List.of("tapedeck: warning: " + message), List.of()));
        }
    }

    @Test
    @DisplayName("Surefire, which looks for tests several times, is told once")
    void surefire() {
        Told first = discover(true, "tapedeck.lmit", "7", ALL);
        Told second = discover(true, "tapedeck.lmit", "7", ALL);

        assertThat(first.lines)
                .singleElement()
                .asString()
                .startsWith("tapedeck: warning: There is no setting tapedeck.lmit, so '7' has no effect; the nearest is"
                        + " tapedeck.limit.");
        assertThat(Arrays.asList(first.issues, second.lines, second.issues)).containsOnly(List.of());
    }

    @Test
    @DisplayName("nothing is said where there is nothing of Tapedeck's to run")
    void notOurs() {
        assertThat(discover(false, "tapedeck.notours", "7", selectClass(WarningsTest.class)))
                .isEqualTo(new Told(List.of(), List.of()));
    }

    private List<String> told(DiscoverySelector selector) {
        Told told = discover(false, "other", "7", selector);
        return Warnings.areIssues()
                ? told.issues
                : told.lines.stream()
                        .map(line -> line.substring("tapedeck: warning: ".length()))
                        .toList();
    }

    @Test
    @DisplayName("a selector that is Tapedeck's, and selects nothing, is told of; what may be another engine's is not")
    void nothingSelected() throws IOException {
        Path notes = workspace.program("notes.md", "not a program");
        Path empty = Files.createDirectories(workspace.programs().resolve("empty"));

        assertThat(told(selectFile(notes.toString())))
                .containsExactly(notes + " is no program: the name of one ends in .bc, .tasm, .wasm or .wat.");
        assertThat(told(selectDirectory(empty.toString())))
                .containsExactly(
                        "There is no program in " + empty + ", no file that ends in .bc, .tasm, .wasm or .wat.");
        assertThat(told(selectDirectory(root.resolve("nothing").toString())))
                .containsExactly("The folder " + root.resolve("nothing") + " cannot be read: there is no such folder.");
        assertThat(told(selectFile(root.resolve("nothing/a.bc").toString())))
                .containsExactly("There is no program " + root.resolve("nothing/a.bc") + ".");
        assertThat(told(selectClasspathResource("programs/gone.tasm")))
                .containsExactly("There is no program programs/gone.tasm on the class path.");
        assertThat(told(selectMethod(TapedeckProgramsTest.class.getName(), "gone.tasm")))
                .singleElement()
                .asString()
                .startsWith("There is no test 'gone.tasm' in " + workspace.programs() + ";");

        Path elsewhere = Files.createDirectories(root.resolve("features"));
        assertThat(told(selectDirectory(elsewhere.toString()))).isEmpty();
        assertThat(told(selectFile(
                        Files.writeString(elsewhere.resolve("a.feature"), "").toString())))
                .isEmpty();
        assertThat(told(selectClasspathResource("features/gone.feature"))).isEmpty();
    }
}
