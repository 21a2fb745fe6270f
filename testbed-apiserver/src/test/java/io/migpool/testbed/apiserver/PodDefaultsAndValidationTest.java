package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.failure;
import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PodDefaultsAndValidationTest {
    private final ClusterFixture cluster = new ClusterFixture();

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void aPodComesBackWithWhatItsAuthorLeftOut() {
        Pod created = cluster.create(pod("plain").build());

        var spec = created.getSpec();
        assertThat(spec.getRestartPolicy()).isEqualTo("Always");
        assertThat(spec.getDnsPolicy()).isEqualTo("ClusterFirst");
        assertThat(spec.getSchedulerName()).isEqualTo("default-scheduler");
        assertThat(spec.getTerminationGracePeriodSeconds()).isEqualTo(30);
        assertThat(spec.getEnableServiceLinks()).isTrue();
        assertThat(spec.getServiceAccountName()).isEqualTo("default");
        assertThat(spec.getPriority()).isZero();
        assertThat(spec.getPreemptionPolicy()).isEqualTo("PreemptLowerPriority");
        assertThat(spec.getTolerations())
                .extracting(Toleration::getKey)
                .containsExactly("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
        var container = spec.getContainers().getFirst();
        assertThat(container.getImagePullPolicy()).isEqualTo("IfNotPresent");
        assertThat(container.getTerminationMessagePath()).isEqualTo("/dev/termination-log");
        assertThat(created.getStatus().getPhase()).isEqualTo("Pending");
        assertThat(created.getStatus().getQosClass()).isEqualTo("BestEffort");
    }

    @ParameterizedTest
    @MethodSource
    void theQualityOfServiceFollowsFromCpuAndMemory(
            Map<String, Quantity> requests, Map<String, Quantity> limits, String expected) {
        Pod created = cluster.create(with(requests, limits)
                .editMetadata()
                .withName(null)
                .withGenerateName("qos-")
                .endMetadata()
                .build());

        assertThat(created.getStatus().getQosClass()).isEqualTo(expected);
    }

    static Stream<Arguments> theQualityOfServiceFollowsFromCpuAndMemory() {
        Map<String, Quantity> both = Map.of("cpu", new Quantity("1"), "memory", new Quantity("1Gi"));
        return Stream.of(
                Arguments.of(Map.of(), both, "Guaranteed"),
                Arguments.of(both, Map.of(), "Burstable"),
                Arguments.of(Map.of(), Map.of("cpu", new Quantity("1")), "Burstable"),
                Arguments.of(Map.of(), Map.of("nvidia.com/gpu", new Quantity("1")), "BestEffort"));
    }

    @ParameterizedTest
    @MethodSource
    void aPodThatCannotBeIsRefusedAndToldWhy(Pod pod, String why) {
        failure(() -> cluster.create(pod), 422, "Invalid", why);
    }

    static Stream<Arguments> aPodThatCannotBeIsRefusedAndToldWhy() {
        Quantity one = new Quantity("1");
        Quantity two = new Quantity("2");
        return Stream.of(
                Arguments.of(pod("p").editSpec().withContainers().endSpec().build(), "spec.containers: Required value"),
                Arguments.of(
                        pod("p").editSpec()
                                .editFirstContainer()
                                .withImage(null)
                                .endContainer()
                                .endSpec()
                                .build(),
                        "spec.containers[0].image: Required value"),
                Arguments.of(
                        pod("p").editSpec()
                                .editFirstContainer()
                                .withName("Main_1")
                                .endContainer()
                                .endSpec()
                                .build(),
                        "spec.containers[0].name: Invalid value: \"Main_1\""),
                Arguments.of(
                        pod("p").editSpec()
                                .addNewContainer()
                                .withName("main")
                                .withImage("x")
                                .endContainer()
                                .endSpec()
                                .build(),
                        "spec.containers[1].name: Duplicate value: \"main\""),
                Arguments.of(
                        pod("p").editSpec()
                                .editFirstContainer()
                                .addNewVolumeMount()
                                .withName("data")
                                .withMountPath("/data")
                                .endVolumeMount()
                                .endContainer()
                                .endSpec()
                                .build(),
                        "spec.containers[0].volumeMounts[0].name: Not found: \"data\""),
                Arguments.of(
                        pod("p").editSpec()
                                .withRestartPolicy("Sometimes")
                                .endSpec()
                                .build(),
                        "spec.restartPolicy: Unsupported value: \"Sometimes\""),
                Arguments.of(
                        with(Map.of("cpu", two), Map.of("cpu", one)).build(),
                        "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu"
                                + " limit of 1"),
                Arguments.of(
                        with(Map.of("nvidia.com/gpu", one), Map.of("nvidia.com/gpu", two))
                                .build(),
                        "must be equal to nvidia.com/gpu limit of 2"),
                Arguments.of(
                        with(Map.of("nvidia.com/gpu", one), Map.of()).build(),
                        "Limit must be set for non overcommitable resources"),
                Arguments.of(
                        with(Map.of(), Map.of("nvidia.com/gpu", new Quantity("0.5")))
                                .build(),
                        "spec.containers[0].resources.limits[nvidia.com/gpu]: Invalid value: \"500m\": must be an"
                                + " integer"),
                Arguments.of(
                        with(Map.of(), Map.of("nvidia.com/gpumem", new Quantity("-1")))
                                .build(),
                        "must be greater than or equal to 0"));
    }

    @Test
    void thePriorityComesFromTheClass() {
        cluster.client
                .resource(new PriorityClassBuilder()
                        .withNewMetadata()
                        .withName("urgent")
                        .endMetadata()
                        .withValue(1000)
                        .build())
                .create();

        Pod created = cluster.create(pod("urgent")
                .editSpec()
                .withPriorityClassName("urgent")
                .endSpec()
                .build());

        assertThat(created.getSpec().getPriority()).isEqualTo(1000);
        failure(
                () -> cluster.create(pod("nobody")
                        .editSpec()
                        .withPriorityClassName("nobody")
                        .endSpec()
                        .build()),
                403,
                "Forbidden",
                "no PriorityClass with name nobody was found");
    }

    @Test
    void aPodWithGatesSaysThatItWaits() {
        Pod created = cluster.create(pod("gated")
                .editSpec()
                .withSchedulingGates(new PodSchedulingGate("example.com/wait"))
                .endSpec()
                .build());

        assertThat(created.getStatus().getConditions())
                .anyMatch(condition -> "SchedulingGated".equals(condition.getReason()));
    }

    private static PodBuilder with(Map<String, Quantity> requests, Map<String, Quantity> limits) {
        return pod("p").editSpec()
                .editFirstContainer()
                .withNewResources()
                .withRequests(requests)
                .withLimits(limits)
                .endResources()
                .endContainer()
                .endSpec();
    }
}
