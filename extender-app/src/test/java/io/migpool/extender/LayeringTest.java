package io.migpool.extender;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which package may use which. */
@AnalyzeClasses(packages = "io.migpool.extender", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    private static final String WIRING = "io.migpool.extender";

    private static final String API_SERVER = "io.migpool.extender.apiserver..";

    private static final String POOL = "io.migpool.extender.pool..";

    private static final String PLACEMENT = "io.migpool.extender.placement..";

    @ArchTest
    static final ArchRule POOL_AND_PLACEMENT_ARE_PURE = classes()
            .that()
            .resideInAnyPackage(POOL, PLACEMENT)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    POOL,
                    PLACEMENT,
                    "io.migpool.contracts.mig..",
                    "io.migpool.contracts.policy..",
                    "io.migpool.contracts.request..",
                    "io.migpool.contracts.wire..",
                    "java..",
                    "org.jspecify.annotations..");

    @ArchTest
    static final ArchRule POOL_AND_PLACEMENT_READ_NO_CLOCK = noClasses()
            .that()
            .resideInAnyPackage(POOL, PLACEMENT)
            .should()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule ROOMS = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("wiring")
            .definedBy(WIRING)
            .layer("api")
            .definedBy("io.migpool.extender.api..")
            .layer("observe")
            .definedBy("io.migpool.extender.observe..")
            .layer("apiserver")
            .definedBy(API_SERVER)
            .layer("reservation")
            .definedBy("io.migpool.extender.reservation..")
            .layer("cluster")
            .definedBy("io.migpool.extender.cluster..")
            .layer("placement")
            .definedBy(PLACEMENT)
            .layer("pool")
            .definedBy(POOL)
            .whereLayer("wiring")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("api")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("observe")
            .mayOnlyBeAccessedByLayers("wiring", "api")
            .whereLayer("apiserver")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("reservation")
            .mayOnlyBeAccessedByLayers("wiring", "api", "observe", "apiserver")
            .whereLayer("cluster")
            .mayOnlyBeAccessedByLayers("wiring", "api", "observe", "apiserver", "reservation")
            .whereLayer("placement")
            .mayOnlyBeAccessedByLayers("wiring", "observe", "reservation")
            .whereLayer("pool")
            .mayOnlyBeAccessedByLayers("wiring", "api", "observe", "reservation", "cluster", "placement");

    @ArchTest
    static final ArchRule APPLICATIONS_DO_NOT_KNOW_EACH_OTHER = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.migpool.admission..", "io.migpool.deviceplugin..", "io.migpool.testbed..");

    @ArchTest
    static final ArchRule ONLY_ONE_PACKAGE_TALKS_TO_THE_API_SERVER = noClasses()
            .that()
            .resideOutsideOfPackages(API_SERVER, WIRING)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8.kubernetes.client..")
            .because("its ports can be replaced in tests");
}
