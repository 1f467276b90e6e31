package dev.tapedeck.junit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The arrows between modules and packages. It lives here because this module sees all the others. */
class ArchitectureTest {
    private static JavaClasses tapedeck;

    @BeforeAll
    static void importClasses() {
        tapedeck = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.tapedeck");
    }

    @Test
    void theMachineDependsOnNothingButTheJdk() {
        classes()
                .that()
                .resideInAPackage("dev.tapedeck.vm..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.tapedeck.vm..", "java..", "javax..", "jdk..", "org.jspecify..")
                .check(tapedeck);
    }

    @Test
    void executionKnowsNeitherAssemblerNorFileFormats() {
        noClasses()
                .that()
                .resideInAPackage("dev.tapedeck.vm.machine..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.tapedeck.vm.asm..", "dev.tapedeck.vm.format..")
                .check(tapedeck);
    }

    @Test
    void noPackagesDependOnEachOther() {
        slices().matching("dev.tapedeck.(**)").should().beFreeOfCycles().check(tapedeck);
    }

    @Test
    void theHarnessKnowsNoTestFramework() {
        noClasses()
                .that()
                .resideInAPackage("dev.tapedeck.harness..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.tapedeck.junit..", "org.junit..")
                .check(tapedeck);
    }

    @Test
    void recordingKnowsNeitherReportsNorTheCommandLine() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.tapedeck.harness.recording..", "dev.tapedeck.harness.log..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.tapedeck.harness.report..", "dev.tapedeck.harness.cli..")
                .check(tapedeck);
    }

    @Test
    void chronicleStaysBehindTheLog() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tapedeck.harness.log..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("net.openhft.chronicle..")
                .check(tapedeck);
    }
}
