package io.migpool.deviceplugin;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.migpool.deviceplugin.gpu.MigModeSwitch;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;

/** Who may use what in the node agent. */
@AnalyzeClasses(packages = "io.migpool", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    private static final String AGENT = "io.migpool.deviceplugin";
    private static final String KUBELET = AGENT + ".kubelet..";
    private static final String INSTANCE = AGENT + ".instance..";
    private static final String NODE = AGENT + ".node..";
    private static final String INJECT = AGENT + ".inject..";
    private static final String SHARING = AGENT + ".sharing..";
    private static final String GPU = AGENT + ".gpu..";
    private static final String SIMULATED = AGENT + ".simulated..";
    private static final String CLI = AGENT + ".cli..";
    private static final String HANDOUT = AGENT + ".handout..";
    private static final String GEOMETRY = AGENT + ".geometry..";

    @ArchTest
    static final ArchRule THE_LIFE_CYCLE_IS_PLAIN_JAVA_OVER_THE_DRIVER_PORT = noClasses()
            .that()
            .resideInAPackage(INSTANCE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    KUBELET,
                    NODE,
                    INJECT,
                    SIMULATED,
                    "io.fabric8..",
                    "io.grpc..",
                    "jakarta..",
                    "io.helidon..",
                    "org.eclipse.microprofile..")
            .because("it is tested without a container, a cluster or a kubelet");

    @ArchTest
    static final ArchRule WHOLE_LAYOUTS_ARE_PLAIN_JAVA_OVER_THE_DRIVER_PORT = noClasses()
            .that()
            .resideInAPackage(GEOMETRY)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    KUBELET,
                    NODE,
                    INJECT,
                    INSTANCE,
                    SIMULATED,
                    "io.fabric8..",
                    "io.grpc..",
                    "jakarta..",
                    "io.helidon..",
                    "org.eclipse.microprofile..")
            .because("it is tested without a container or a cluster, and shares nothing with the pool but the port");

    @ArchTest
    static final ArchRule ONLY_WHOLE_LAYOUTS_SWITCH_MIG_MODE_OFF = noClasses()
            .that()
            .resideOutsideOfPackages(GEOMETRY, GPU, SIMULATED, AGENT + ".nvml..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(MigModeSwitch.class)
            .because("the pool never takes MIG mode away from anybody");

    @ArchTest
    static final ArchRule THE_POOL_AND_WHOLE_LAYOUTS_DO_NOT_MEET = noClasses()
            .that()
            .resideInAnyPackage(INSTANCE, INJECT, KUBELET, GPU)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(GEOMETRY)
            .because("a GPU belongs to one of the two");

    @ArchTest
    static final ArchRule WHO_HANDS_DEVICES_OUT_CUTS_NONE = noClasses()
            .that()
            .resideInAPackage(HANDOUT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(GEOMETRY, INSTANCE, SIMULATED, "io.fabric8..", "io.grpc..", "jakarta..", "io.helidon..")
            .because("it offers what is there, and belongs to neither the pool nor the layouts");

    @ArchTest
    static final ArchRule KUBELETS_PROTOCOL_KNOWS_NO_GPUS = noClasses()
            .that()
            .resideInAPackage(KUBELET)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(INSTANCE, NODE, INJECT, GPU, SIMULATED, "io.fabric8..", "jakarta..", "io.helidon..")
            .because("slots are opaque");

    @ArchTest
    static final ArchRule THE_NODE_KNOWS_NO_KUBELET = noClasses()
            .that()
            .resideInAPackage(NODE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(KUBELET, INJECT, SIMULATED, "io.grpc..", "jakarta..", "io.helidon..")
            .because("what the cluster sees does not depend on how containers start");

    @ArchTest
    static final ArchRule WHOSE_TURN_IT_IS_DEPENDS_ON_CLAIMS_ALONE = noClasses()
            .that()
            .resideInAPackage(SHARING)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(KUBELET, INJECT, GPU, SIMULATED)
            .because("what containers say of themselves is held against what they were given, and nothing else");

    @ArchTest
    static final ArchRule ONLY_THE_NODE_TALKS_TO_THE_API_SERVER = noClasses()
            .that()
            .resideInAnyPackage(KUBELET, INSTANCE, INJECT, SHARING, GPU, SIMULATED)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.fabric8.kubernetes.client..")
            .because("its ports can be replaced in tests");

    @ArchTest
    static final ArchRule ONLY_KUBELETS_PROTOCOL_SPEAKS_GRPC = noClasses()
            .that()
            .resideInAnyPackage(AGENT, NODE, INSTANCE, INJECT, SHARING, GPU, SIMULATED)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..")
            .because("gRPC is an edge");

    @ArchTest
    static final ArchRule ONLY_THE_WIRING_IS_BEANS = noClasses()
            .that()
            .resideInAnyPackage(KUBELET, INSTANCE, NODE, INJECT, SHARING)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.enterprise..", "jakarta.inject..", "org.eclipse.microprofile..")
            .because("the object graph is put together in one place");

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

    @ArchTest
    static final ArchRule NOBODY_DEPENDS_ON_THE_COMMAND_LINE = noClasses()
            .that()
            .resideOutsideOfPackage(CLI)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(CLI, "picocli..")
            .because("it is one more edge of the same code");

    @ArchTest
    static final ArchRule THE_COMMAND_LINE_NEEDS_NO_CLUSTER_AND_NO_CONTAINER = noClasses()
            .that()
            .resideInAPackage(CLI)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(NODE, INJECT, INSTANCE, "io.fabric8..", "jakarta..", "io.helidon..")
            .because("it runs on a node without Kubernetes");
}
