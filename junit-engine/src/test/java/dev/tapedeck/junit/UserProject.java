package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * A user's project, built by a real Maven in a process of its own.
 *
 * <p>Nothing is installed on this machine, and nothing is downloaded: our modules, as this build made them, are copied
 * into a local repository under target, and everything else comes from the local repository of the build that runs this
 * test, which is declared as a remote one. What is not there is fetched from where Maven would fetch it anyway.
 */
final class UserProject {
    static final String PASSES = """
            .func main()
              return
            .end
            """;

    static final String FAILS = """
            .func main()
              unreachable
            .end
            """;

    static final String ERRONEOUS = """
            .func main()
              i32.ad
              return
            .end
            """;

    static final String DISABLED = """
            .func main()
              return
            .end
            .test "later"
              .disabled "waits for the new allocator"
            .end
            """;

    private static final List<String> MODULES = List.of("vm", "harness", "junit-engine");
    /** All modules of {@link SurefireMatrixIT} take two minutes where nothing else runs. */
    private static final long MINUTES_MAX = 15;

    private static final Path WORK = Path.of("target", "it").toAbsolutePath();
    private static final Path REPOSITORY = WORK.resolve("repository");
    private static final Path SETTINGS = WORK.resolve("settings.xml");

    private final Path directory;

    private UserProject(Path directory) {
        this.directory = directory;
    }

    /**
     * What a build left behind.
     *
     * @param exitCode of Maven; of a module, 0 if the summary at the end says that it succeeded, or else 1
     * @param log of a module, its part, and the reason for its failure that Maven gives at the end
     */
    record Build(int exitCode, String log, Path directory) {
        /** The test cases of a report of Surefire's, by name. */
        Map<String, TestCaseElement> tests(String className) throws Exception {
            return suite(className).tests();
        }

        /** A report of Surefire's. */
        Suite suite(String className) throws Exception {
            Path report = directory.resolve("target/surefire-reports/TEST-" + className + ".xml");
            assertThat(report).as("Surefire's report; the log says: %s", log).exists();
            return Suite.of(DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(report.toFile())
                    .getDocumentElement());
        }

        /** The classes that Surefire wrote reports of. */
        List<String> suites() throws IOException {
            try (Stream<Path> files = Files.list(directory.resolve("target/surefire-reports"))) {
                return files.map(file -> file.getFileName().toString())
                        .filter(name -> name.startsWith("TEST-") && name.endsWith(".xml"))
                        .map(name -> name.substring("TEST-".length(), name.length() - ".xml".length()))
                        .sorted()
                        .toList();
            }
        }

        /** A module of this build, in a folder of its name. */
        Build module(String name) {
            Matcher summary = Pattern.compile(
                            "^\\[INFO] " + Pattern.quote(name) + " \\.* ?(SUCCESS|FAILURE|SKIPPED)", Pattern.MULTILINE)
                    .matcher(log);
            assertThat(summary.find()).as("%s in the summary of %s", name, log).isTrue();
            Matcher begin = Pattern.compile("^\\[INFO] Building " + Pattern.quote(name) + " .*$", Pattern.MULTILINE)
                    .matcher(log);
            assertThat(begin.find()).as("%s in %s", name, log).isTrue();
            Matcher end = Pattern.compile("^\\[INFO] (Building |Reactor Summary)", Pattern.MULTILINE)
                    .matcher(log);
            assertThat(end.find(begin.end())).isTrue();
            Matcher reason = Pattern.compile(
                            "^\\[ERROR] Failed to execute goal \\S+ \\(\\S+\\) on project " + Pattern.quote(name)
                                    + ":(?s:.*?)\\[Help",
                            Pattern.MULTILINE)
                    .matcher(log);
            return new Build(
                    summary.group(1).equals("SUCCESS") ? 0 : 1,
                    log.substring(begin.start(), end.start()) + (reason.find() ? reason.group() : ""),
                    directory.resolve(name));
        }
    }

    /**
     * A class in Surefire's XML: the counts as it gives them, the properties of the JVM that ran the tests, and each test
     * case by name.
     */
    record Suite(
            String name,
            int run,
            int failures,
            int errors,
            int skipped,
            Map<String, String> properties,
            Map<String, TestCaseElement> tests) {
        static Suite of(Element suite) {
            Map<String, TestCaseElement> tests = new TreeMap<>();
            NodeList cases = suite.getElementsByTagName("testcase");
            for (int i = 0; i < cases.getLength(); i++) {
                Element element = (Element) cases.item(i);
                tests.put(element.getAttribute("name"), TestCaseElement.of(element));
            }
            assertThat(tests).as("each test has a name of its own").hasSize(cases.getLength());
            Map<String, String> properties = new TreeMap<>();
            NodeList values = suite.getElementsByTagName("property");
            for (int i = 0; i < values.getLength(); i++) {
                Element element = (Element) values.item(i);
                properties.put(element.getAttribute("name"), element.getAttribute("value"));
            }
            return new Suite(
                    suite.getAttribute("name"),
                    count(suite, "tests"),
                    count(suite, "failures"),
                    count(suite, "errors"),
                    count(suite, "skipped"),
                    properties,
                    tests);
        }

        private static int count(Element suite, String attribute) {
            return Integer.parseInt(suite.getAttribute(attribute));
        }

        /** As Surefire's console has them. */
        String counts() {
            return "Tests run: " + run + ", Failures: " + failures + ", Errors: " + errors + ", Skipped: " + skipped;
        }
    }

    /**
     * A test case in Surefire's XML.
     *
     * @param result {@code passed}, {@code failure}, {@code error} or {@code skipped}
     */
    record TestCaseElement(String className, String result, String type, String message, String text) {
        static TestCaseElement of(Element element) {
            NodeList children = element.getChildNodes();
            for (int i = 0; i < children.getLength(); i++) {
                Node child = children.item(i);
                if (child instanceof Element result
                        && List.of("failure", "error", "skipped").contains(result.getTagName())) {
                    return new TestCaseElement(
                            element.getAttribute("classname"),
                            result.getTagName(),
                            result.getAttribute("type"),
                            result.getAttribute("message"),
                            result.getTextContent());
                }
            }
            return new TestCaseElement(element.getAttribute("classname"), "passed", "", "", "");
        }
    }

    /** Puts the modules of this build where the projects find them. */
    static void prepareRepository() throws IOException {
        String version = property("tapedeck.it.version");
        Path sources = Path.of("").toAbsolutePath().getParent();
        // "target", relative to each module.
        Path build = Path.of("").toAbsolutePath().relativize(Path.of(property("tapedeck.it.build")));
        install("tapedeck-parent", version, sources.resolve("pom.xml"), null);
        for (String module : MODULES) {
            String artifact = "tapedeck-" + module;
            Path jar = sources.resolve(module).resolve(build).resolve(artifact + "-" + version + ".jar");
            assertThat(jar)
                    .as("a module's jar; run 'mvn verify' in the project's top folder")
                    .exists();
            install(artifact, version, sources.resolve(module).resolve("pom.xml"), jar);
        }
        String repository = Path.of(property("localRepository")).toUri().toString();
        Files.writeString(
                SETTINGS, """
                <settings>
                  <profiles>
                    <profile>
                      <id>this-machine</id>
                      <repositories>
                        <repository><id>this-machine</id><url>%1$s</url>%2$s</repository>
                      </repositories>
                      <pluginRepositories>
                        <pluginRepository><id>this-machine</id><url>%1$s</url>%2$s</pluginRepository>
                      </pluginRepositories>
                    </profile>
                  </profiles>
                  <activeProfiles><activeProfile>this-machine</activeProfile></activeProfiles>
                </settings>
                """.formatted(repository, "<releases><checksumPolicy>ignore</checksumPolicy></releases>"));
    }

    private static void install(String artifact, String version, Path pom, Path jar) throws IOException {
        Path folder = Files.createDirectories(REPOSITORY.resolve("dev/tapedeck/" + artifact + "/" + version));
        String stem = artifact + "-" + version;
        Files.copy(pom, folder.resolve(stem + ".pom"), StandardCopyOption.REPLACE_EXISTING);
        if (jar != null) {
            Files.copy(jar, folder.resolve(stem + ".jar"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** The version of a plugin that our parent pom binds: one that this build has used, and so is at hand. */
    static String pluginVersion(String artifact) throws Exception {
        NodeList plugins = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Path.of("").toAbsolutePath().resolveSibling("pom.xml").toFile())
                .getElementsByTagName("plugin");
        for (int i = 0; i < plugins.getLength(); i++) {
            Element plugin = (Element) plugins.item(i);
            NodeList versions = plugin.getElementsByTagName("version");
            if (artifact.equals(
                            plugin.getElementsByTagName("artifactId").item(0).getTextContent())
                    && versions.getLength() > 0) {
                return versions.item(0).getTextContent();
            }
        }
        throw new AssertionError("the parent pom names no version of " + artifact);
    }

    /** A pom that inherits ours, and has nothing else. */
    static String inheritingPom(String artifact) {
        return """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <parent>
                    <groupId>dev.tapedeck</groupId>
                    <artifactId>tapedeck-parent</artifactId>
                    <version>%s</version>
                    <relativePath/>
                  </parent>
                  <groupId>org.example</groupId>
                  <artifactId>%s</artifactId>
                  <version>1</version>
                </project>
                """.formatted(property("tapedeck.it.version"), artifact);
    }

    /**
     * A pom of somebody who has another parent. Plugins that Maven would bind in a version of its own are given one that
     * this build has used.
     *
     * @param head elements of the project, such as {@code <properties>}
     * @param dependencies besides the engine
     * @param configuration of Surefire
     */
    static String plainPom(String artifact, String head, String dependencies, String surefire, String configuration)
            throws Exception {
        return """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>org.example</groupId>
                  <artifactId>%s</artifactId>
                  <version>1</version>
                  %s
                  <dependencies>
                    <dependency>
                      <groupId>dev.tapedeck</groupId>
                      <artifactId>tapedeck-junit-engine</artifactId>
                      <version>%s</version>
                      <scope>test</scope>
                    </dependency>
                    %s
                  </dependencies>
                  <build>
                    <plugins>
                      <plugin>
                        <artifactId>maven-resources-plugin</artifactId>
                        <version>%s</version>
                      </plugin>
                      <plugin>
                        <artifactId>maven-compiler-plugin</artifactId>
                        <version>%s</version>
                        <configuration>
                          <release>17</release>
                          <encoding>UTF-8</encoding>
                        </configuration>
                      </plugin>
                      <plugin>
                        <artifactId>maven-surefire-plugin</artifactId>
                        <version>%s</version>
                        %s
                      </plugin>
                    </plugins>
                  </build>
                </project>
                """.formatted(
                        artifact,
                        head,
                        property("tapedeck.it.version"),
                        dependencies,
                        pluginVersion("maven-resources-plugin"),
                        pluginVersion("maven-compiler-plugin"),
                        surefire,
                        configuration);
    }

    static UserProject create(String name, String pom) throws IOException {
        Path directory = WORK.resolve(name);
        deleteTree(directory);
        // Its own .mvn, so that Maven does not find ours further up.
        Files.createDirectories(directory.resolve(".mvn"));
        return new UserProject(directory).file("pom.xml", pom);
    }

    UserProject file(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return this;
    }

    /**
     * Several projects for one Maven to build, with {@code --fail-at-end}: most of the time that it takes for a small one is
     * its own start.
     */
    static UserProject reactor(String name, List<Module> modules) throws IOException {
        UserProject project = create(name, """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>org.example</groupId>
                  <artifactId>%s</artifactId>
                  <version>1</version>
                  <packaging>pom</packaging>
                  <modules>%s</modules>
                </project>
                """.formatted(
                        name,
                        modules.stream()
                                .map(module -> "<module>" + module.name() + "</module>")
                                .collect(Collectors.joining())));
        for (Module module : modules) {
            for (Map.Entry<String, String> file : module.files().entrySet()) {
                project.file(module.name() + "/" + file.getKey(), file.getValue());
            }
        }
        return project;
    }

    /**
     * A project in a {@link #reactor}.
     *
     * @param name its artifact and its folder; short, since Maven's summary shortens long ones
     * @param files texts by path
     */
    record Module(String name, Map<String, String> files) {
        static Module of(String name, String pom) {
            return new Module(name, new TreeMap<>(Map.of("pom.xml", pom)));
        }

        Module file(String path, String text) {
            files.put(path, text);
            return this;
        }

        Module program(String path, String text) {
            return file("src/test/programs/" + path, text);
        }
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    UserProject delete(String name) throws IOException {
        Files.delete(directory.resolve(name));
        return this;
    }

    /** Runs Maven, with the JDK that runs this test. */
    Build maven(String... arguments) throws Exception {
        return maven(Map.of(), arguments);
    }

    /** @param variables of the environment, besides this process's own */
    Build maven(Map<String, String> variables, String... arguments) throws Exception {
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        List<String> command = new ArrayList<>();
        command.add(Path.of(property("tapedeck.it.maven.home"), "bin", windows ? "mvn.cmd" : "mvn")
                .toString());
        command.addAll(List.of("-B", "-ntp", "-gs", SETTINGS.toString(), "-Dmaven.repo.local=" + REPOSITORY));
        command.addAll(Arrays.asList(arguments));
        Path log = directory.resolve("build.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        Map<String, String> environment = builder.environment();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        // The last two keep Maven 3.8's own Guava from warning on JDK 24 and newer; older ones ignore them.
        environment.put(
                "MAVEN_OPTS",
                "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
                        + " -XX:+IgnoreUnrecognizedVMOptions --sun-misc-unsafe-memory-access=allow");
        environment.remove("MAVEN_ARGS");
        environment.remove("MAVEN_CONFIG");
        environment.remove("CI");
        environment.putAll(variables);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(MINUTES_MAX, TimeUnit.MINUTES))
                    .as("Maven ends by itself")
                    .isTrue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return new Build(process.exitValue(), Files.readString(log, StandardCharsets.UTF_8), directory);
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        assertThat(value)
                .as("system property %s, which Surefire's configuration in junit-engine/pom.xml sets", name)
                .isNotBlank();
        return value;
    }

    private static void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }
}
