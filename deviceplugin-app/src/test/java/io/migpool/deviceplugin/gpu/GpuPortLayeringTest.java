package io.migpool.deviceplugin.gpu;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The port knows no adapter, and an adapter knows nothing of the agent but the port. */
@AnalyzeClasses(packages = "io.migpool.deviceplugin", importOptions = ImportOption.DoNotIncludeTests.class)
class GpuPortLayeringTest {

    private static final String CONTRACTS = "io.migpool.contracts.mig..";
    private static final String PORT = "io.migpool.deviceplugin.gpu..";
    private static final String SIMULATED = "io.migpool.deviceplugin.simulated..";
    private static final String NVML = "io.migpool.deviceplugin.nvml..";
    private static final String SETTINGS = "io.migpool.runtime.settings..";
    private static final String JNA = "com.sun.jna..";

    @ArchTest
    static final ArchRule THE_PORT_STANDS_ALONE = classes()
            .that()
            .resideInAPackage(PORT)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    PORT,
                    CONTRACTS,
                    "java..",
                    "jakarta..",
                    "org.eclipse.microprofile.config..",
                    SETTINGS,
                    "org.jspecify..");

    @ArchTest
    static final ArchRule THE_SIMULATION_KNOWS_ONLY_THE_PORT = classes()
            .that()
            .resideInAPackage(SIMULATED)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    SIMULATED,
                    PORT,
                    CONTRACTS,
                    "java..",
                    "jakarta..",
                    "com.fasterxml.jackson..",
                    "io.migpool.runtime.file..",
                    "org.eclipse.microprofile.config..",
                    SETTINGS,
                    "org.jspecify..");

    @ArchTest
    static final ArchRule THE_NVML_ADAPTER_KNOWS_ONLY_THE_PORT = classes()
            .that()
            .resideInAPackage(NVML)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    NVML,
                    PORT,
                    CONTRACTS,
                    JNA,
                    "java..",
                    "jakarta..",
                    "org.eclipse.microprofile.config..",
                    SETTINGS,
                    "org.jspecify..");

    @ArchTest
    static final ArchRule THE_NVML_ADAPTER_IS_FOUND_AT_RUN_TIME = noClasses()
            .that()
            .resideOutsideOfPackage(NVML)
            .and()
            // Without a container somebody must name the adapters: the command line does so here.
            .doNotHaveFullyQualifiedName("io.migpool.deviceplugin.cli.ConfiguredHost")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(NVML)
            .because("its calls block their thread, and their handles live for one call");

    @ArchTest
    static final ArchRule NATIVE_CALLS_ARE_MADE_IN_TWO_PLACES = noClasses()
            .that()
            .resideOutsideOfPackage(NVML)
            .and()
            // Opens a file in a way that Java does not offer.
            .haveNameNotMatching("io\\.migpool\\.deviceplugin\\.sharing\\.PromptFile(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(JNA)
            .because("a wrong call ends the process");
}
