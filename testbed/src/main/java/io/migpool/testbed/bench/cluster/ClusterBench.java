package io.migpool.testbed.bench.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Starts an empty cluster of three nodes several times, then starts pods in a larger one: each requests one slice and
 * is created, admitted, bound, realised and started by the real applications. The simulated driver takes a millisecond
 * to create an instance, so that software is measured.
 */
public final class ClusterBench {

    private static final Duration CREATION = Duration.ofMillis(1);
    private static final int EMPTY_NODES = 3;
    private static final String EMPTY_BOARDS = "NVIDIA A100-SXM4-80GB:2";
    private static final String LOADED_BOARDS = "NVIDIA A100-SXM4-80GB:16";
    private static final int SLICES_PER_NODE = 16 * 7;
    private static final double MILLIS_PER_SECOND = 1000;
    private static final String DEVICE_CONFIG = """
        nvidia:
          resourceCountName: nvidia.com/gpu
          resourceMemoryName: nvidia.com/gpumem
        """;

    private final PrintStream out;

    /** @param out receives the report; its last line is JSON */
    public ClusterBench(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs the benchmark.
     *
     * @param pods number of pods to start
     * @param starts how often the empty cluster is started; the first start also warms the JVM
     * @throws IOException if a cluster does not start or stop
     * @throws GpuException if GPUs cannot be simulated
     * @throws InterruptedException if the thread is interrupted
     */
    public void run(int pods, int starts) throws IOException, GpuException, InterruptedException {
        ObjectNode json = JsonMapper.builder().build().createObjectNode().put("bench", "cluster");
        List<Long> millis = startEmpty(starts);
        out.printf(
                Locale.ROOT,
                "start and stop of an empty cluster with %d nodes: first %s, then %s%n",
                EMPTY_NODES,
                seconds(millis.getFirst()),
                millis.stream().skip(1).map(ClusterBench::seconds).collect(Collectors.joining(", ")));
        json.put("first_start_s", millis.getFirst() / MILLIS_PER_SECOND)
                .put(
                        "warm_start_s",
                        millis.stream().skip(1).mapToLong(Long::longValue).min().orElse(millis.getFirst())
                                / MILLIS_PER_SECOND);
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec(nodesFor(pods), LOADED_BOARDS))) {
            Rollout.Result result = new Rollout(cluster.client(), pods).run();
            out.print(result.text());
            result.addTo(json);
        }
        out.println(json);
    }

    private static List<Long> startEmpty(int starts) throws IOException, GpuException, InterruptedException {
        List<Long> millis = new ArrayList<>();
        for (int i = 0; i < starts; i++) {
            long begin = System.nanoTime();
            try (EmbeddedCluster cluster = EmbeddedCluster.start(spec(EMPTY_NODES, EMPTY_BOARDS))) {
                millis.add(Duration.ofNanos(System.nanoTime() - begin).toMillis());
            }
        }
        return millis;
    }

    private static int nodesFor(int pods) {
        // A tenth of spare room; a node accepts 110 pods, fewer than it has slices.
        return Math.max(EMPTY_NODES, Math.ceilDiv(pods * 11, SLICES_PER_NODE * 10));
    }

    private static ClusterSpec spec(int nodes, String boards) {
        List<NodeSpec> specs = IntStream.range(0, nodes)
                .mapToObj(i -> NodeSpec.mig("node-" + i, boards))
                .toList();
        String config = specs.stream()
                .map(node -> "{\"name\": \"%s\", \"operatingmode\": \"mig\"}".formatted(node.name()))
                .collect(Collectors.joining(", ", "{\"nodeconfig\": [", "]}"));
        return ClusterSpec.fast(specs, DEVICE_CONFIG, config).withCreateLatency(CREATION);
    }

    private static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.1f s", millis / MILLIS_PER_SECOND);
    }
}
