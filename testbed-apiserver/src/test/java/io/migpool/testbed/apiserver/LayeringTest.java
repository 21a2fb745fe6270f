package io.migpool.testbed.apiserver;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which room of the API server may use which, and which of them use which library. */
@AnalyzeClasses(packages = "io.migpool.testbed.apiserver", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    private static final String SERVER = "io.migpool.testbed.apiserver";

    @ArchTest
    static final ArchRule ROOMS = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("wiring")
            .definedBy(SERVER)
            .layer("http")
            .definedBy(SERVER + ".http..")
            .layer("faults")
            .definedBy(SERVER + ".faults..")
            .layer("tables")
            .definedBy(SERVER + ".tables..")
            .layer("patch")
            .definedBy(SERVER + ".patch..")
            .layer("verbs")
            .definedBy(SERVER + ".verbs..")
            .layer("admission")
            .definedBy(SERVER + ".admission..")
            .layer("access")
            .definedBy(SERVER + ".access..")
            .layer("kinds")
            .definedBy(SERVER + ".kinds..")
            .layer("cel")
            .definedBy(SERVER + ".cel..")
            .layer("store")
            .definedBy(SERVER + ".store..")
            .layer("selectors")
            .definedBy(SERVER + ".selectors..")
            .layer("request")
            .definedBy(SERVER + ".request..")
            .layer("model")
            .definedBy(SERVER + ".model..")
            .whereLayer("wiring")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("faults")
            .mayOnlyBeAccessedByLayers("wiring", "http")
            .whereLayer("tables")
            .mayOnlyBeAccessedByLayers("http")
            .whereLayer("patch")
            .mayOnlyBeAccessedByLayers("http")
            .whereLayer("verbs")
            .mayOnlyBeAccessedByLayers("wiring", "http")
            .whereLayer("admission")
            .mayOnlyBeAccessedByLayers("wiring", "verbs")
            .whereLayer("access")
            .mayOnlyBeAccessedByLayers("wiring", "http")
            .whereLayer("kinds")
            .mayOnlyBeAccessedByLayers("http", "verbs")
            .whereLayer("cel")
            .mayOnlyBeAccessedByLayers("kinds", "admission")
            .whereLayer("store")
            .mayOnlyBeAccessedByLayers("wiring", "faults", "verbs", "admission", "access")
            .whereLayer("selectors")
            .mayOnlyBeAccessedByLayers("http", "verbs", "admission", "kinds")
            .whereLayer("request")
            .mayOnlyBeAccessedByLayers("http", "tables", "verbs", "admission", "access")
            .whereLayer("model")
            .mayOnlyAccessLayers("model");

    @ArchTest
    static final ArchRule EVERY_CLASS_IS_IN_A_ROOM = classes()
            .should()
            .resideInAnyPackage(
                    SERVER,
                    SERVER + ".http..",
                    SERVER + ".faults..",
                    SERVER + ".tables..",
                    SERVER + ".patch..",
                    SERVER + ".verbs..",
                    SERVER + ".admission..",
                    SERVER + ".access..",
                    SERVER + ".kinds..",
                    SERVER + ".cel..",
                    SERVER + ".store..",
                    SERVER + ".selectors..",
                    SERVER + ".request..",
                    SERVER + ".model..");

    @ArchTest
    static final ArchRule ONLY_THE_EDGES_SPEAK_HTTP = noClasses()
            .that()
            .resideOutsideOfPackages(SERVER, SERVER + ".http..", SERVER + ".admission..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.helidon..");

    @ArchTest
    static final ArchRule THE_SERVER_KNOWS_NOTHING_OF_MIGPOOL = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.migpool.contracts..", "io.migpool.config..", "io.migpool.runtime..");
}
