package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * Creates pods of one container with one slice each.
 *
 * @param client an administrator's client
 */
public record GpuPods(KubernetesClient client) {

    private static final String NAMESPACE = "default";
    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final Duration STEP = Duration.ofMillis(5);

    /** A condition to wait for. */
    @FunctionalInterface
    public interface Condition {
        /** Returns whether it holds now. */
        boolean holds() throws IOException, InterruptedException;
    }

    /** Creates a pod that requests this many MiB. */
    public void create(String name, int memoryMiB) {
        client.pods()
                .inNamespace(NAMESPACE)
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .withTerminationGracePeriodSeconds(1L)
                        .addNewContainer()
                        .withName("main")
                        .withImage("ubuntu:22.04")
                        .withNewResources()
                        .withLimits(Map.of(
                                "nvidia.com/gpu",
                                new Quantity("1"),
                                "nvidia.com/gpumem",
                                new Quantity(Integer.toString(memoryMiB))))
                        .endResources()
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    /** Waits until this many pods run. */
    public void awaitRunning(int count) throws IOException, InterruptedException {
        await(
                count + " pods run",
                () -> list().stream()
                                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                                .count()
                        == count);
    }

    /** Waits until this pod runs. */
    public void awaitRunning(String name) throws IOException, InterruptedException {
        await(name + " runs", () -> {
            Pod pod = client.pods().inNamespace(NAMESPACE).withName(name).get();
            return pod != null && "Running".equals(pod.getStatus().getPhase());
        });
    }

    /** Deletes all pods and waits until they are gone. */
    public void deleteAll() throws IOException, InterruptedException {
        var _ = client.pods().inNamespace(NAMESPACE).delete();
        await("all pods are gone", () -> list().isEmpty());
    }

    private List<Pod> list() {
        return client.pods().inNamespace(NAMESPACE).list().getItems();
    }

    /**
     * Waits until a condition holds.
     *
     * @throws org.awaitility.core.ConditionTimeoutException if it does not hold within three minutes
     */
    public static void await(String what, Condition condition) throws IOException, InterruptedException {
        Awaitility.await(what).atMost(LONGEST).pollInterval(STEP).until(condition::holds);
    }
}
