package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.EmbeddedNode;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Pods of one test, in a namespace of their own. */
record Workload(EmbeddedCluster cluster, String namespace) implements AutoCloseable {

    private static final Duration LONGEST = Duration.ofSeconds(90);

    static Workload inNewNamespace(EmbeddedCluster cluster) {
        String name = "test-" + UUID.randomUUID();
        cluster.client()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        return new Workload(cluster, name);
    }

    ApiServer apiServerDouble() {
        return apiServerDouble(cluster);
    }

    /** The API server double of a cluster; where a real one is used instead, the test is skipped. */
    static ApiServer apiServerDouble(EmbeddedCluster cluster) {
        assumeTrue(
                cluster.apiServerDouble().isPresent(),
                () -> "needs the testbed's API server, which can be made to misbehave; there is "
                        + cluster.controlPlane());
        return cluster.apiServerDouble().orElseThrow();
    }

    KubernetesClient client() {
        return cluster.client();
    }

    Pod create(GpuPod pod) {
        return client().pods().inNamespace(namespace).resource(pod.build()).create();
    }

    Pod run(GpuPod pod) {
        return awaitRunning(create(pod).getMetadata().getName());
    }

    /** Waits until a pod runs and the node has written back its instances. */
    Pod awaitRunning(String name) {
        await("pod " + name + " runs").atMost(LONGEST).untilAsserted(() -> {
            Pod pod = pod(name);
            assertThat(pod.getStatus().getPhase())
                    .as("phase; conditions %s; message %s", pod.getStatus().getConditions(), pod.getStatus())
                    .isEqualTo("Running");
            assertThat(pod.getMetadata().getAnnotations()).containsEntry(Annotations.BIND_PHASE, "success");
            assertThat(pod.getMetadata().getLabels())
                    .containsEntry(Annotations.VGPU_NODE_LABEL, pod.getSpec().getNodeName());
        });
        return pod(name);
    }

    /** Waits until the scheduler has reported why a pod does not fit, and returns that. */
    String awaitRefusal(String name) {
        await("pod " + name + " is refused").atMost(LONGEST).until(() -> refusal(name)
                .isPresent());
        return refusal(name).orElseThrow();
    }

    /**
     * Waits until the scheduler has either bound a pod or reported why it does not fit; returns whether it is bound.
     */
    boolean isPlaced(String name) {
        await("pod " + name + " is decided on")
                .atMost(LONGEST)
                .until(() -> isBound(name) || refusal(name).isPresent());
        return isBound(name);
    }

    private boolean isBound(String name) {
        return pod(name).getSpec().getNodeName() != null;
    }

    private Optional<String> refusal(String name) {
        return pod(name).getStatus().getConditions().stream()
                .filter(condition ->
                        "PodScheduled".equals(condition.getType()) && "Unschedulable".equals(condition.getReason()))
                .map(condition -> condition.getMessage())
                .findFirst();
    }

    void delete(String name) {
        resource(name).delete();
        await("pod " + name + " is gone")
                .atMost(LONGEST)
                .until(() -> resource(name).get() == null);
    }

    Pod pod(String name) {
        return Objects.requireNonNull(resource(name).get(), "pod " + name + " does not exist");
    }

    private PodResource resource(String name) {
        return client().pods().inNamespace(namespace).withName(name);
    }

    String nodeOf(String name) {
        return pod(name).getSpec().getNodeName();
    }

    /** Returns the instances of a pod from its annotation. */
    List<MigAllocation> instancesOf(String name) {
        try {
            return MigAllocations.decode(
                    pod(name).getMetadata().getAnnotations().getOrDefault(Annotations.MIG_ALLOCATIONS, ""));
        } catch (MalformedAnnotationException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the distinct MIG UUIDs of a pod from its annotation. */
    List<String> migUuidsOf(String name) {
        return instancesOf(name).stream()
                .map(allocation -> Objects.requireNonNull(allocation.runtime(), "not realised: " + allocation)
                        .migUuid())
                .distinct()
                .toList();
    }

    /** Returns the devices that a running container sees. */
    List<String> devicesSeenBy(String name, String container) {
        return node(nodeOf(name)).devicesSeenBy(namespace, name, container);
    }

    /** Waits until a pod's container {@code main} runs with that many devices, and returns them. */
    List<String> awaitDevices(String name, int count) {
        await("pod " + name + " has its devices").atMost(LONGEST).untilAsserted(() -> {
            assertThat(pod(name).getStatus().getPhase())
                    .as(() -> String.valueOf(pod(name).getStatus()))
                    .isEqualTo("Running");
            assertThat(devicesSeenBy(name, "main")).hasSize(count);
        });
        return devicesSeenBy(name, "main");
    }

    EmbeddedNode node(String name) {
        return cluster.node(name);
    }

    @Override
    public void close() {
        client().pods().inNamespace(namespace).delete();
        await("pods of " + namespace + " are gone")
                .atMost(LONGEST)
                .until(() ->
                        client().pods().inNamespace(namespace).list().getItems().isEmpty());
        client().namespaces().withName(namespace).delete();
    }
}
