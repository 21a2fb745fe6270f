package io.migpool.testbed.bench.node;

import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.PackagedApp;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.EmbeddedNode;
import io.migpool.testbed.cluster.GpuPods;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Measures the node agent against its budgets, on a node with eight A100: first a burst of pods whose instances take
 * 0.3 s each to create; then the agent as its image starts it, on a node where it has run before: it starts single pods
 * one after another, is killed without notice while 56 pods run, and is started again.
 */
public final class NodeBench {

    private static final String NODE = "bench-node";
    private static final String BOARDS = "NVIDIA A100-SXM4-80GB:8";
    private static final Duration BURST_CREATION = Duration.ofMillis(300);
    private static final Duration CREATION = Duration.ofMillis(50);
    /** Makes every start create an instance. */
    private static final Map<String, String> NOTHING_KEPT =
            Map.of("migpool.instance.idle-ttl", "PT0S", "migpool.instance.sweep-interval", "PT0.5S");

    private static final int BURST = 40;
    private static final int FULL = 56;
    private static final int ROUNDS = 4;
    private static final int SLICE_MIB = 8000;
    private static final double NANOS = 1e9;
    private static final double MILLIS = 1000;
    private static final String DEVICE_CONFIG = """
            nvidia:
              resourceCountName: nvidia.com/gpu
              resourceMemoryName: nvidia.com/gpumem
            """;
    private static final String NODE_CONFIG = """
            {"nodeconfig": [{"name": "bench-node", "operatingmode": "mig"}]}
            """;

    private final Path repository;
    private final PrintStream out;

    /**
     * @param repository the directory with the modules, which have been packaged
     * @param out receives progress, the table and, as the last line, JSON
     */
    public NodeBench(Path repository, PrintStream out) {
        this.repository = repository;
        this.out = out;
    }

    /**
     * Runs the benchmark.
     *
     * @param quick whether to run one round of starts instead of four
     * @throws IOException if something does not start
     * @throws GpuException if GPUs cannot be simulated
     * @throws InterruptedException if the thread is interrupted
     */
    public void run(boolean quick) throws IOException, GpuException, InterruptedException {
        out.printf("Burst: %d pods on 8 GPUs, %d ms per cut …%n", BURST, BURST_CREATION.toMillis());
        double burst = burst();
        NodeFigures figures = alone(burst, quick ? 1 : ROUNDS);
        out.println();
        out.print(figures.table());
        out.println();
        out.println(figures.json());
    }

    private static ClusterSpec spec(Duration creation) {
        return ClusterSpec.fast(List.of(NodeSpec.mig(NODE, BOARDS)), DEVICE_CONFIG, NODE_CONFIG)
                .withCreateLatency(creation);
    }

    private double burst() throws IOException, GpuException, InterruptedException {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec(BURST_CREATION))) {
            GpuPods pods = new GpuPods(cluster.client());
            // The first pods pay for the JVM's warm-up.
            pods.create("warm-up", SLICE_MIB);
            pods.awaitRunning(1);
            pods.deleteAll();
            long begin = System.nanoTime();
            for (int i = 0; i < BURST; i++) {
                pods.create("burst-" + i, SLICE_MIB);
            }
            pods.awaitRunning(BURST);
            return secondsSince(begin);
        }
    }

    private NodeFigures alone(double burst, int rounds) throws IOException, GpuException, InterruptedException {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec(CREATION))) {
            EmbeddedNode node = cluster.node(NODE);
            GpuPods pods = new GpuPods(cluster.client());
            node.stopAgent();
            List<Double> overheads = new ArrayList<>();
            double firstStart = firstStart(node);
            try (AppProcess agent = node.startDeliveredAgent(packaged(), NOTHING_KEPT)) {
                agent.awaitReady();
                for (int round = 0; round < rounds; round++) {
                    pods.deleteAll();
                    GpuPods.await("all instances are gone", () -> agent.metric("migpool_instances") == 0);
                    out.printf("Starts: round %d of %d, %d pods one after the other …%n", round + 1, rounds, FULL);
                    overheads.addAll(starts(agent, pods));
                }
                out.println("Killing the agent while " + FULL + " pods run …");
                agent.kill();
            }
            long begin = System.nanoTime();
            try (AppProcess agent = node.startDeliveredAgent(packaged(), Map.of())) {
                agent.awaitReady();
                GpuPods.await(
                        FULL + " instances are adopted",
                        () -> agent.metric("migpool_instances", "state", "active") == FULL);
                double adoption = secondsSince(begin);
                pods.awaitRunning(FULL);
                return new NodeFigures(burst, overheads, firstStart, adoption, agent.residentMiB());
            }
        }
    }

    /**
     * Starts the agent for the first time on a node and stops it in an orderly way, which leaves a class archive;
     * returns the seconds until it was ready.
     */
    private double firstStart(EmbeddedNode node) throws IOException, InterruptedException {
        out.println("The agent's first start …");
        try (AppProcess agent = node.startDeliveredAgent(packaged(), Map.of())) {
            return agent.awaitReady().toMillis() / MILLIS;
        }
    }

    private PackagedApp packaged() {
        return new PackagedApp(AppKind.DEVICE_PLUGIN, repository);
    }

    /**
     * Starts pods one by one; returns the milliseconds that PreStartContainer took, excluding the driver calls that it
     * waited for.
     */
    private static List<Double> starts(AppProcess agent, GpuPods pods) throws IOException, InterruptedException {
        List<Double> overheads = new ArrayList<>();
        for (int i = 0; i < FULL; i++) {
            double before = spent(agent);
            pods.create("pod-" + i, SLICE_MIB);
            pods.awaitRunning("pod-" + i);
            overheads.add((spent(agent) - before) * MILLIS);
        }
        return overheads;
    }

    /** Returns the seconds that all starts have taken so far, excluding the driver's own time. */
    private static double spent(AppProcess agent) throws IOException, InterruptedException {
        return agent.metric("migpool_prestart_seconds_sum")
                - agent.metric("migpool_instance_create_seconds_sum")
                - agent.metric("migpool_instance_destroy_seconds_sum");
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / NANOS;
    }
}
