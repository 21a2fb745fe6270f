package io.migpool.testbed.bench.extender;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.placement.PlanOutcome.Fits;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.Ranking;
import io.migpool.extender.placement.Rankings;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.placement.SchedulingPolicies;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.testbed.bench.load.ClusterSize;
import io.migpool.testbed.bench.load.GeneratedCluster;
import io.migpool.testbed.bench.load.WorkerPods;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The decision alone: which of all GPUs of a cluster takes the next pod, and where on it. As in a busy cluster, a node
 * has changed since the last decision, because the last pod was placed there; the pod is removed again so that the
 * cluster stays equally full.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PlacementChoice {

    static final int GPUS_PER_NODE = 8;

    /** Two and a half pods per GPU. */
    private static final int PODS_PER_NODE = 20;

    private static final int BEST = 16;
    private static final int DEMANDS = 256;
    private static final long SEED = 1;

    /** Number of GPUs in the cluster. */
    @Param({"1000", "8000"})
    int gpus;

    private final List<PodDemand> demands = new ArrayList<>();
    private final Map<String, Integer> places = new HashMap<>();
    private List<NodeView> before = List.of();
    private List<NodeView> nodes = List.of();
    private Rankings rankings = new Planner(new SchedulingPolicies(new RequestMix(), PolicyChoice.NONE)).rankings();
    private int next;
    private int changed;

    /** Places the initial pods. */
    @Setup
    public void generate() {
        int nodeCount = gpus / GPUS_PER_NODE;
        ClusterSize size = new ClusterSize(nodeCount, GPUS_PER_NODE, nodeCount * PODS_PER_NODE);
        GeneratedCluster generated = new GeneratedCluster(size, SEED);
        ClusterState cluster = new ClusterState(DeviceSettings.DEFAULT);
        RequestMix mix = new RequestMix();
        for (int node = 0; node < nodeCount; node++) {
            cluster.nodeChanged(generated.node(node));
        }
        generated.forEachPlacedPod(cluster::podChanged);
        for (int pod = 0; pod < DEMANDS; pod++) {
            PodDemand demand = demand(cluster, WorkerPods.waiting(size.pods() + pod, generated.randomProfile()));
            demands.add(demand);
            mix.observe(demand);
        }
        before = cluster.nodes();
        nodes = new ArrayList<>(before);
        for (int node = 0; node < nodeCount; node++) {
            places.put(nodes.get(node).name(), node);
        }
        rankings = new Planner(new SchedulingPolicies(mix, PolicyChoice.NONE)).rankings();
    }

    private static PodDemand demand(ClusterState cluster, Pod pod) {
        if (cluster.requestOf(pod) instanceof RequestOutcome.Accepted(var request)) {
            return cluster.demandOf(pod, request);
        }
        throw new IllegalStateException("the generated pod %s asks for no GPU"
                .formatted(pod.getMetadata().getName()));
    }

    /**
     * Makes one decision.
     *
     * @return the best nodes, returned so that JMH sees them used
     */
    @Benchmark
    public List<Fits> choose() {
        PodDemand pod = demands.get(next++ % DEMANDS);
        Ranking ranking = rankings.rank(pod, nodes);
        List<Fits> best = ranking.best(BEST);
        if (best.isEmpty()) {
            return best;
        }
        Fits fit = best.getFirst();
        nodes.set(changed, before.get(changed));
        changed = places.getOrDefault(fit.node(), changed);
        nodes.set(changed, before.get(changed).plus(fit.plan().occupancy()));
        return best;
    }
}
