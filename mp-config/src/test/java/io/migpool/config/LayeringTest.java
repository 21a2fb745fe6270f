package io.migpool.config;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
        packages = {"io.migpool.config", "io.migpool.runtime"},
        importOptions = DoNotIncludeTests.class)
class LayeringTest {

    @ArchTest
    static final ArchRule knowsOnlyWhatItMay = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.jspecify.annotations..",
                    "io.migpool.config..",
                    "io.migpool.runtime..",
                    "io.migpool.contracts..",
                    "org.eclipse.microprofile.config..",
                    "com.fasterxml.jackson..",
                    "io.fabric8.kubernetes..",
                    "io.helidon..",
                    "io.opentelemetry..")
            .because("every app builds on this module, whatever container it runs in");

    @ArchTest
    static final ArchRule onlySourcesTouchTheOutside = noClasses()
            .that()
            .resideInAPackage("io.migpool.config")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.fasterxml.jackson..", "io.fabric8..", "java.nio.file..")
            .because("settings are bound from properties, whatever store these come from");

    @ArchTest
    static final ArchRule onlyTracesKnowOpenTelemetry = noClasses()
            .that()
            .resideOutsideOfPackage("io.migpool.runtime.trace")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry..")
            .because("nothing of it is loaded unless somebody listens, and not every app has it");

    @ArchTest
    static final ArchRule onlyTheServersPartKnowsHelidon = noClasses()
            .that()
            .resideOutsideOfPackage("io.migpool.runtime.http")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.helidon..")
            .because("the command line and the tests of everything else need no server");

    @ArchTest
    static final ArchRule onlyTheKubernetesPartsOfTheRuntimeTalkToTheApiServer = noClasses()
            .that()
            .resideInAPackage("io.migpool.runtime..")
            .and()
            .resideOutsideOfPackages("io.migpool.runtime.kubernetes", "io.migpool.runtime.event")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..")
            .because("loops, logs and traces serve the command line too, which runs without a cluster");

    @ArchTest
    static final ArchRule theRuntimeKnowsNoSettings = noClasses()
            .that()
            .resideInAPackage("io.migpool.runtime..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.migpool.config..")
            .because("time, logs and traces work before a document has been read");

    @ArchTest
    static final ArchRule noCycles =
            slices().matching("io.migpool.(**)").should().beFreeOfCycles();
}
