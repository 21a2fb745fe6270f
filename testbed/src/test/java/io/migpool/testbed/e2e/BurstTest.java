package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many pods at once on one node with a slow driver. */
class BurstTest {

    private static final String NODE = "burst-node";
    private static final int PODS = 40;
    private static final int GPUS = 8;
    private static final Duration CREATION = Duration.ofMillis(300);
    /** Within it pods for most of the GPUs have to be bound and started, on the slowest of machines. */
    private static final Duration FIRST_CREATION = Duration.ofSeconds(20);

    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final Pattern BEING_CUT =
            Pattern.compile("^migpool_instances\\{[^}]*state=\"creating\"[^}]*} (\\S+)", Pattern.MULTILINE);

    /** {@code bench node} measures how long this takes; this test checks that the GPUs do not wait for each other. */
    @Test
    void fortyPodsOnEightGpusStartSideBySide() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                        List.of(NodeSpec.mig(NODE, "NVIDIA A100-SXM4-80GB:" + GPUS)), SharedCluster.DEVICE_CONFIG, """
                        {"nodeconfig": [{"name": "burst-node", "operatingmode": "mig"}]}
                        """)
                .withCreateLatency(CREATION);
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            SimulatedMachine machine = cluster.node(NODE).machine();
            for (MachineSnapshot.Gpu gpu : machine.snapshot().gpus()) {
                machine.inject(
                        gpu.description().uuid(),
                        SimulatedFault.stallNext("createGpuInstance", FIRST_CREATION.toMillis()));
            }
            IntStream.range(0, PODS)
                    .forEach(i -> workload.create(GpuPod.named("burst-" + i)
                            .annotation("hami.io/gpu-scheduler-policy", "spread")
                            .container("main", "gpu", "1", "gpumem", "8000")));

            int port = cluster.node(NODE).agent().port();
            await("most GPUs cut at the same time").until(() -> beingCut(port) > GPUS / 2);

            await("all run").atMost(LONGEST).until(() -> running(workload) == PODS);
            await("all are written back").atMost(LONGEST).untilAsserted(() -> assertThat(IntStream.range(0, PODS)
                            .mapToObj(i -> workload.migUuidsOf("burst-" + i))
                            .flatMap(List::stream))
                    .hasSize(PODS)
                    .doesNotHaveDuplicates());
        }
    }

    /** Returns how many instances are being created; a GPU creates one at a time. */
    private static double beingCut(int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .header("Accept", "text/plain")
                    .timeout(Duration.ofSeconds(60))
                    .build();
            String figures =
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body();
            return BEING_CUT
                    .matcher(figures)
                    .results()
                    .mapToDouble(sample -> Double.parseDouble(sample.group(1)))
                    .sum();
        }
    }

    private static long running(Workload workload) {
        return workload.client().pods().inNamespace(workload.namespace()).list().getItems().stream()
                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                .count();
    }
}
