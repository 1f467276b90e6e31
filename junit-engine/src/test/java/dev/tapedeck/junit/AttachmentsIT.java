package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.junit.UserProject.Build;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Attachments of programs in the XML that JUnit itself writes, in a project as {@code docs/junit.md} has it. */
class AttachmentsIT {
    private static final String REPORTING = "https://schemas.opentest4j.org/reporting/core/0.2.0";

    @BeforeAll
    static void repository() throws Exception {
        UserProject.prepareRepository();
    }

    @Test
    @DisplayName("reports, recording and received files are attachments in open-test-report.xml, with paths that exist")
    void openTestReport() throws Exception {
        Build build = UserProject.create("attachments", """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <parent>
                    <groupId>dev.tapedeck</groupId>
                    <artifactId>tapedeck-parent</artifactId>
                    <version>%s</version>
                    <relativePath/>
                  </parent>
                  <artifactId>users-programs</artifactId>
                  <dependencies>
                    <dependency>
                      <groupId>org.junit.platform</groupId>
                      <artifactId>junit-platform-reporting</artifactId>
                      <scope>test</scope>
                    </dependency>
                  </dependencies>
                  <build>
                    <plugins>
                      <plugin>
                        <artifactId>maven-surefire-plugin</artifactId>
                        <configuration>
                          <properties>
                            <configurationParameters>
                              junit.platform.reporting.open.xml.enabled=true
                              junit.platform.reporting.output.dir=target/junit
                            </configurationParameters>
                          </properties>
                        </configuration>
                      </plugin>
                    </plugins>
                  </build>
                </project>
                """.formatted(System.getProperty("tapedeck.it.version")))
                .file("src/test/programs/sub/sum.tasm", Workspace.TWO_TESTS)
                .file("src/test/programs/new one.tasm", Workspace.PASSES + ".test \"is approved\"\n  .approve\n.end\n")
                .maven("test");

        assertThat(build.exitCode()).as(build.log()).isEqualTo(1);
        Path xml;
        try (Stream<Path> files = Files.walk(build.directory().resolve("target/junit"))) {
            xml = files.filter(file -> file.getFileName().toString().equals("open-test-report.xml"))
                    .findFirst()
                    .orElseThrow();
        }
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document document = factory.newDocumentBuilder().parse(xml.toFile());
        NodeList files = document.getElementsByTagNameNS(REPORTING, "file");
        List<String> attached = new ArrayList<>();
        Path output = build.directory().resolve("target/tapedeck");
        for (int i = 0; i < files.getLength(); i++) {
            Element file = (Element) files.item(i);
            Path path = xml.resolveSibling(file.getAttribute("path")).normalize();
            assertThat(path).exists();
            attached.add(output.relativize(path).toString().replace('\\', '/') + " " + file.getAttribute("mediaType"));
        }
        assertThat(attached)
                .containsExactlyInAnyOrder(
                        "sub/sum.tasm/adds-two-numbers/recording ",
                        "sub/sum.tasm/adds-to-a-wrong-sum/recording ",
                        "sub/sum.tasm/adds-to-a-wrong-sum/report.html text/html",
                        "sub/sum.tasm/adds-to-a-wrong-sum/report.md text/markdown",
                        "sub/sum.tasm/adds-to-a-wrong-sum/report.json application/json",
                        "new one.tasm/is-approved/recording ",
                        "new one.tasm/is-approved/report.html text/html",
                        "new one.tasm/is-approved/report.md text/markdown",
                        "new one.tasm/is-approved/report.json application/json",
                        "new one.tasm/is-approved/new one.received.txt text/plain",
                        "new one.tasm/is-approved/new one.received.rec application/octet-stream");
        assertThat(output.resolve("index.html"))
                .content()
                .contains("2 failed, 1 passed of 3")
                .contains("./new%20one.tasm/is-approved/new%20one.received.txt");
    }
}
