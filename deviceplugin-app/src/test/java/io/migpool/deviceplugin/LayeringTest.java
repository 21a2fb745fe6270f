package io.migpool.deviceplugin;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.migpool.deviceplugin.gpu.MigModeSwitch;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;

/** Who may enter which room of the node agent, and which of them use which library. */
@AnalyzeClasses(packages = "io.migpool", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    private static final String AGENT = "io.migpool.deviceplugin";
    private static final String API = AGENT + ".api..";
    private static final String OBSERVE = AGENT + ".observe..";
    private static final String SETTINGS = AGENT + ".settings..";
    private static final String CLI = AGENT + ".cli..";
    private static final String REHEARSAL = AGENT + ".rehearsal..";
    private static final String HANDOUT = AGENT + ".handout..";
    private static final String MIG_MANAGER = AGENT + ".migmanager..";
    private static final String FEATURE_LABELS = AGENT + ".featurelabels..";
    private static final String HOST = AGENT + ".host..";
    private static final String INJECT = AGENT + ".inject..";
    private static final String KUBELET = AGENT + ".kubelet..";
    private static final String SHARING = AGENT + ".sharing..";
    private static final String NODE = AGENT + ".node..";
    private static final String RESERVATION = AGENT + ".reservation..";
    private static final String OPERATOR = AGENT + ".operator..";
    private static final String HEALTH = AGENT + ".health..";
    private static final String CLUSTER = AGENT + ".cluster..";
    private static final String GEOMETRY = AGENT + ".geometry..";
    private static final String INSTANCE = AGENT + ".instance..";
    private static final String NVML = AGENT + ".nvml..";
    private static final String SIMULATED = AGENT + ".simulated..";
    private static final String GPU = AGENT + ".gpu..";

    @ArchTest
    static final ArchRule ROOMS = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("wiring")
            .definedBy(AGENT)
            .layer("api")
            .definedBy(API)
            .layer("observe")
            .definedBy(OBSERVE)
            .layer("settings")
            .definedBy(SETTINGS)
            .layer("cli")
            .definedBy(CLI)
            .layer("rehearsal")
            .definedBy(REHEARSAL)
            .layer("handout")
            .definedBy(HANDOUT)
            .layer("migmanager")
            .definedBy(MIG_MANAGER)
            .layer("featurelabels")
            .definedBy(FEATURE_LABELS)
            .layer("host")
            .definedBy(HOST)
            .layer("inject")
            .definedBy(INJECT)
            .layer("kubelet")
            .definedBy(KUBELET)
            .layer("sharing")
            .definedBy(SHARING)
            .layer("node")
            .definedBy(NODE)
            .layer("reservation")
            .definedBy(RESERVATION)
            .layer("operator")
            .definedBy(OPERATOR)
            .layer("health")
            .definedBy(HEALTH)
            .layer("cluster")
            .definedBy(CLUSTER)
            .layer("geometry")
            .definedBy(GEOMETRY)
            .layer("instance")
            .definedBy(INSTANCE)
            .layer("nvml")
            .definedBy(NVML)
            .layer("simulated")
            .definedBy(SIMULATED)
            .layer("gpu")
            .definedBy(GPU)
            .ensureAllClassesAreContainedInArchitectureIgnoring(not(resideInAPackage(AGENT + "..")))
            .whereLayer("wiring")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("api")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("observe")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("settings")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("cli")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("rehearsal")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("handout")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("migmanager")
            .mayOnlyBeAccessedByLayers("wiring", "settings")
            .whereLayer("featurelabels")
            .mayOnlyBeAccessedByLayers("migmanager")
            .whereLayer("host")
            .mayOnlyBeAccessedByLayers("wiring", "cli", "migmanager")
            .whereLayer("inject")
            .mayOnlyBeAccessedByLayers("wiring", "settings", "rehearsal", "handout")
            .whereLayer("kubelet")
            .mayOnlyBeAccessedByLayers("wiring", "api", "observe", "cli", "rehearsal", "handout", "inject")
            .whereLayer("sharing")
            .mayOnlyBeAccessedByLayers("wiring", "observe", "inject")
            .whereLayer("node")
            .mayOnlyBeAccessedByLayers("wiring", "api", "observe", "rehearsal", "handout", "migmanager", "inject")
            .whereLayer("reservation")
            .mayOnlyBeAccessedByLayers("wiring", "observe", "rehearsal", "inject", "node")
            .whereLayer("operator")
            .mayOnlyBeAccessedByLayers("wiring")
            .whereLayer("health")
            .mayOnlyBeAccessedByLayers("wiring", "observe", "settings", "node")
            .whereLayer("cluster")
            .mayOnlyBeAccessedByLayers(
                    "wiring",
                    "rehearsal",
                    "handout",
                    "migmanager",
                    "featurelabels",
                    "inject",
                    "node",
                    "reservation",
                    "operator",
                    "health")
            .whereLayer("geometry")
            .mayOnlyBeAccessedByLayers("wiring", "cli", "migmanager")
            .whereLayer("instance")
            .mayOnlyBeAccessedByLayers(
                    "wiring",
                    "observe",
                    "rehearsal",
                    "migmanager",
                    "inject",
                    "sharing",
                    "node",
                    "reservation",
                    "health")
            .whereLayer("nvml")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("simulated")
            .mayOnlyBeAccessedByLayers("cli", "rehearsal")
            .whereLayer("gpu")
            .mayOnlyBeAccessedByLayers(
                    "wiring",
                    "observe",
                    "cli",
                    "rehearsal",
                    "handout",
                    "migmanager",
                    "featurelabels",
                    "node",
                    "reservation",
                    "health",
                    "geometry",
                    "instance",
                    "nvml",
                    "simulated");

    @ArchTest
    static final ArchRule ONLY_WHOLE_LAYOUTS_SWITCH_MIG_MODE_OFF = noClasses()
            .that()
            .resideOutsideOfPackages(GEOMETRY, GPU, SIMULATED, NVML)
            .should()
            .dependOnClassesThat()
            .areAssignableTo(MigModeSwitch.class)
            .because("the pool never takes MIG mode away from anybody");

    @ArchTest
    static final ArchRule ONLY_THE_CLUSTER_TALKS_TO_THE_API_SERVER =
            only("io.fabric8.kubernetes.client..", AGENT, CLUSTER).because("its ports can be replaced in tests");

    @ArchTest
    static final ArchRule LAYOUTS_AND_LIFE_CYCLE_KNOW_NO_KUBERNETES = only(
                    "io.fabric8..",
                    AGENT,
                    CLUSTER,
                    NODE,
                    RESERVATION,
                    OPERATOR,
                    INJECT,
                    MIG_MANAGER,
                    FEATURE_LABELS,
                    REHEARSAL)
            .because("they are tested without a cluster, and the command line runs without one");

    @ArchTest
    static final ArchRule ONLY_KUBELETS_PROTOCOL_SPEAKS_GRPC =
            only("io.grpc..", KUBELET).because("gRPC is an edge");

    @ArchTest
    static final ArchRule ONLY_THE_HOST_IS_SPOKEN_TO_OVER_ITS_BUS =
            only("org.freedesktop.dbus..", HOST).because("the bus is an edge");

    @ArchTest
    static final ArchRule ONLY_THE_COMMAND_LINE_READS_ARGUMENTS =
            only("picocli..", CLI).because("it is one more edge of the same code");

    @ArchTest
    static final ArchRule ONLY_THE_WIRING_AND_ADAPTERS_ARE_BEANS = only(
                    "jakarta..", AGENT, API, OBSERVE, GPU, NVML, SIMULATED)
            .because("the object graph is put together in one place, which finds the adapters");

    @ArchTest
    static final ArchRule ONLY_WHO_STARTS_A_PROCESS_READS_ITS_CONFIGURATION = only(
                    "org.eclipse.microprofile..", AGENT, API, SETTINGS, CLI, GPU, NVML, SIMULATED)
            .because("everybody else is told");

    @ArchTest
    static final ArchRule ONLY_THE_WIRING_SERVES =
            only("io.helidon..", AGENT, OBSERVE).because("the rooms are tested without a server");

    @ArchTest
    static final ArchRule ONLY_FIGURES_ARE_COUNTED =
            only("io.micrometer..", OBSERVE).because("who does something tells an observer");

    @ArchTest
    static final ArchRule APPS_DO_NOT_KNOW_EACH_OTHER = noClasses()
            .that()
            .resideInAPackage(AGENT + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.migpool.extender..", "io.migpool.admission..", "io.migpool.testbed..");

    @ArchTest
    static final ArchRule NOTHING_ENDS_THE_PROCESS = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(AGENT + ".cli.MigParted")
            .should()
            .callMethod(System.class, "exit", int.class)
            .because("it fails closed and keeps serving; only a command has an exit code to tell");

    @ArchTest
    static final ArchRule TIME_COMES_FROM_THE_WIRING = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(AGENT + ".AgentBean")
            .and()
            .resideInAPackage(AGENT + "..")
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(InstantSource.class, "system")
            .orShould()
            .callMethod(Clock.class, "systemUTC")
            .because("no step of the wall clock may lengthen or shorten a wait");

    /** Of the agent, only these rooms use that library. */
    private static ArchRule only(String library, String... rooms) {
        return noClasses()
                .that()
                .resideInAPackage(AGENT + "..")
                .and()
                .resideOutsideOfPackages(rooms)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library);
    }
}
