package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.testbed.app.EmbeddedApp;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two replicas, each a scheduler with its extender, and the death of the leading scheduler while pods pour in. */
class FailOverTest {

    private static final int NODES = 2;
    private static final int GPUS = 35;
    private static final int PODS = 500;
    private static final int FITTING = NODES * GPUS * 7;
    private static final int BEFORE = 250;
    private static final int BOUND_BEFORE = 100;
    private static final Duration LONGEST = Duration.ofMinutes(2);

    @Test
    void allThatFitRunAndNoSliceIsGivenTwiceWhenTheLeaderDiesInTheMiddleOfABurst() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec());
                Workload workload = Workload.inNewNamespace(cluster)) {
            create(workload, 0, BEFORE);
            until("some are bound", () -> bound(workload).size() >= BOUND_BEFORE);

            cluster.failOver();
            create(workload, BEFORE, PODS);

            until("all that fit are bound", () -> bound(workload).size() == FITTING);
            until("all that fit run and know their instances", () -> running(workload) == FITTING);
            until("the others are refused", () -> refused(workload) == PODS - FITTING);
            assertNothingIsSharedByTwo(workload);
            for (EmbeddedApp extender : cluster.extenders()) {
                assertThat(bindsOf(extender))
                        .as("pods bound by %s", extender.name())
                        .isPositive();
            }
        }
    }

    /** Looks once a second: reading hundreds of pods is work that the cluster has to wait for. */
    private static void until(String what, Callable<Boolean> holds) {
        await(what).atMost(LONGEST).pollInterval(Duration.ofSeconds(1)).until(holds);
    }

    private static ClusterSpec spec() {
        List<String> names =
                IntStream.range(0, NODES).mapToObj(i -> "node-" + i).toList();
        String nodeConfig = names.stream()
                .map("{\"name\": \"%s\", \"operatingmode\": \"mig\"}"::formatted)
                .collect(Collectors.joining(", ", "{\"nodeconfig\": [", "]}"));
        List<NodeSpec> nodes = names.stream()
                .map(name -> NodeSpec.mig(name, "NVIDIA A100-SXM4-80GB:" + GPUS))
                .toList();
        return ClusterSpec.fast(nodes, SharedCluster.DEVICE_CONFIG, nodeConfig)
                .withCreateLatency(Duration.ofMillis(1))
                .withTwoReplicas();
    }

    private static void create(Workload workload, int from, int to) {
        IntStream.range(from, to)
                .forEach(i ->
                        workload.create(GpuPod.named("burst-" + i).container("main", "gpu", "1", "gpumem", "8000")));
    }

    private static List<Pod> pods(Workload workload) {
        return workload.client().pods().inNamespace(workload.namespace()).list().getItems();
    }

    private static List<Pod> bound(Workload workload) {
        return pods(workload).stream()
                .filter(pod -> pod.getSpec().getNodeName() != null)
                .toList();
    }

    private static long running(Workload workload) {
        return bound(workload).stream()
                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                .filter(pod ->
                        "success".equals(pod.getMetadata().getAnnotations().get(Annotations.BIND_PHASE)))
                .count();
    }

    private static long refused(Workload workload) {
        return pods(workload).stream()
                .filter(pod -> pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> "PodScheduled".equals(condition.getType())
                                && "Unschedulable".equals(condition.getReason())))
                .count();
    }

    private static double bindsOf(EmbeddedApp extender) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI metrics = URI.create("http://127.0.0.1:" + extender.port("admin") + "/metrics");
            return http.send(
                            HttpRequest.newBuilder(metrics).timeout(LONGEST).build(),
                            HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith("migpool_bind_seconds_count{") && line.contains("\"bound\""))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }
    }

    private static void assertNothingIsSharedByTwo(Workload workload) throws Exception {
        Set<String> units = new HashSet<>();
        Set<String> uuids = new HashSet<>();
        for (Pod pod : bound(workload)) {
            String name = pod.getMetadata().getName();
            MigAllocation instance = MigAllocations.decode(
                            pod.getMetadata().getAnnotations().getOrDefault(Annotations.MIG_ALLOCATIONS, ""))
                    .getFirst();
            for (int unit : IntStream.range(0, instance.placement().size()).toArray()) {
                String taken = instance.gpuUuid() + "/" + (instance.placement().start() + unit);
                assertThat(units.add(taken))
                        .as("%s of %s is its own", taken, name)
                        .isTrue();
            }
            String uuid = Objects.requireNonNull(instance.runtime()).migUuid();
            assertThat(uuids.add(uuid)).as("%s of %s is its own", uuid, name).isTrue();
            assertThat(workload.node(pod.getSpec().getNodeName()).devicesSeenBy(workload.namespace(), name, "main"))
                    .containsExactly(uuid);
        }
    }
}
