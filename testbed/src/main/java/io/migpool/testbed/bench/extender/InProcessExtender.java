package io.migpool.testbed.bench.extender;

import com.sun.management.ThreadMXBean;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.GpuQuota;
import io.migpool.extender.cluster.Listed;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.cluster.PodListener;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.placement.SchedulingPolicies;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.reservation.Binder;
import io.migpool.extender.reservation.BindingPort;
import io.migpool.extender.reservation.Filter;
import io.migpool.extender.reservation.FilterOutcome;
import io.migpool.extender.reservation.HoldBook;
import io.migpool.extender.reservation.Prioritizer;
import io.migpool.extender.reservation.SchedulingContext;
import io.migpool.extender.reservation.SchedulingObserver;
import io.migpool.extender.reservation.SchedulingSettings;
import io.migpool.extender.reservation.WaitingPods;
import io.migpool.testbed.bench.load.ClusterSize;
import io.migpool.testbed.bench.load.GeneratedCluster;
import io.migpool.testbed.bench.load.WorkerPods;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The extender's verbs over a generated cluster in steady churn: a pod arrives, is filtered, scored and bound, the
 * cluster view is updated, and another pod ends. Bindings take effect immediately. Used by one thread.
 */
final class InProcessExtender {

    private static final long SEED = 1;

    /** Number of pods that hold room but are not bound yet, while others are refused for their quota. */
    private static final int WAITING = 64;

    /** The most that is not taken for bytes. */
    private static final long MOST_MEMORY_MIB = 999_999_999;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final GeneratedCluster generated;
    private final Random random = new Random(SEED);
    private final ClusterState cluster = new ClusterState(DeviceSettings.DEFAULT);
    private final Landing landing = new Landing();
    private final Filter filter;
    private final Prioritizer prioritizer;
    private final Binder binder;
    private final List<String> live = new ArrayList<>();
    private int next;

    InProcessExtender(ClusterSize size) {
        this.generated = new GeneratedCluster(size, SEED);
        HoldBook book = new HoldBook(cluster);
        RequestMix mix = new RequestMix();
        cluster.addListener(book);
        cluster.addListener(new Observed(mix));
        Planner planner = new Planner(new SchedulingPolicies(mix, PolicyChoice.NONE));
        InstantSource clock = InstantSource.system();
        SchedulingContext context = new SchedulingContext(
                cluster, book, planner, SchedulingSettings.DEFAULT, SchedulingObserver.NONE, clock);
        this.filter = new Filter(context, new WaitingPods());
        this.prioritizer = new Prioritizer(book);
        this.binder = new Binder(context, landing, clock, pause -> {});
        load();
    }

    private void load() {
        // Nodes last, so that each is checked once rather than with every pod.
        generated.forEachPlacedPod(pod -> {
            cluster.podChanged(pod);
            live.add(pod.getMetadata().getUid());
        });
        for (int node = 0; node < generated.size().nodes(); node++) {
            cluster.nodeChanged(generated.node(node));
        }
        for (Listed kind : Listed.values()) {
            cluster.allListed(kind);
        }
        next = generated.size().pods();
    }

    /** Reports new pods to the request mix, and what they were given. */
    private record Observed(RequestMix mix) implements PodListener {

        @Override
        public void appeared(PodEntry pod) {
            Optional.ofNullable(pod.demand()).ifPresent(mix::observe);
        }

        @Override
        public void placed(PodEntry pod) {
            PodDemand demand = pod.demand();
            Reservation reservation = pod.reservation();
            if (demand != null && reservation != null) {
                mix.placed(demand, !reservation.migAllocations().isEmpty());
            }
        }

        @Override
        public void bound(String uid) {}

        @Override
        public void gone(String uid) {}
    }

    /** An API server that binds immediately. */
    private static final class Landing implements BindingPort {

        private Map<String, String> annotations = Map.of();

        @Override
        public Attempt bind(PodKey pod, String node, Map<String, String> written) {
            annotations = written;
            return new Attempt.Bound();
        }

        @Override
        public Reading read(PodKey pod) {
            return new Reading.Missing();
        }
    }

    /** The samples of the three verbs. */
    record Sampled(Samples filter, Samples prioritize, Samples bind) {
        Sampled() {
            this(new Samples(), new Samples(), new Samples());
        }

        List<Figures> inProcess(ClusterSize size, int nodeNames) {
            return List.of(
                    Figures.inProcess(size, "filter", nodeNames, filter),
                    Figures.inProcess(size, "prioritize", nodeNames, prioritize),
                    Figures.inProcess(size, "bind", nodeNames, bind));
        }
    }

    /** Lets pods come and go for a while; each request names this many nodes. */
    Sampled turns(int nodeNames, Duration time) {
        Sampled sampled = new Sampled();
        long end = System.nanoTime() + time.toNanos();
        do {
            turn(generated.someNodes(nodeNames), sampled);
        } while (System.nanoTime() < end);
        return sampled;
    }

    /** Adds one pod and removes another. */
    private void turn(List<String> nodeNames, Sampled sampled) {
        Pod pod = WorkerPods.waiting(next++, generated.randomProfile());
        PodKey key = PodKey.of(pod.getMetadata());
        cluster.podChanged(pod);
        // As after decoding: new string objects.
        List<String> names = nodeNames.stream().map(String::new).toList();
        FilterOutcome outcome = timed(sampled.filter, () -> filter.filter(pod, names));
        if (outcome instanceof FilterOutcome.Retry(String why)) {
            throw new IllegalStateException("%s could not be filtered: %s".formatted(key, why));
        }
        if (!(outcome instanceof FilterOutcome.Placed placed)) {
            cluster.podGone(key.uid());
            return;
        }
        timed(sampled.prioritize, () -> prioritizer.prioritize(key.uid(), placed.nodes()));
        String node = placed.nodes().getFirst();
        Optional<String> error = timed(sampled.bind, () -> binder.bind(key, node, binder.deadline()));
        if (error.isPresent()) {
            throw new IllegalStateException("%s was not bound to %s: %s".formatted(key, node, error.get()));
        }
        cluster.podChanged(WorkerPods.bound(pod, node, landing.annotations));
        int leaving = random.nextInt(live.size());
        cluster.podGone(live.set(leaving, key.uid()));
    }

    /**
     * Filters pods whose namespace has used up its quota, while other pods of it wait to be bound.
     *
     * @return the calls, each of which refuses all nodes
     */
    Samples atQuota(int nodeNames, Duration time) {
        List<Pod> waiting = Stream.generate(() -> WorkerPods.waiting(next++, generated.randomProfile()))
                .limit(WAITING)
                .toList();
        waiting.forEach(pod -> {
            cluster.podChanged(pod);
            filter.filter(pod, generated.someNodes(nodeNames));
        });
        cluster.quotaChanged(quota(MOST_MEMORY_MIB));
        GpuQuota present = cluster.quota(WorkerPods.NAMESPACE).orElseThrow();
        ResourceQuota usedUp = quota(present.used().memoryMiB());
        cluster.quotaChanged(usedUp);
        Samples samples = new Samples();
        Pod pod = WorkerPods.waiting(next++, generated.randomProfile());
        cluster.podChanged(pod);
        long end = System.nanoTime() + time.toNanos();
        do {
            List<String> names = generated.someNodes(nodeNames);
            FilterOutcome outcome = timed(samples, () -> filter.filter(pod, names));
            if (!(outcome instanceof FilterOutcome.Refused)) {
                throw new IllegalStateException("a pod was not refused for its quota: " + outcome);
            }
        } while (System.nanoTime() < end);
        cluster.quotaGone(usedUp);
        cluster.podGone(pod.getMetadata().getUid());
        waiting.forEach(other -> cluster.podGone(other.getMetadata().getUid()));
        return samples;
    }

    private static ResourceQuota quota(long memoryMiB) {
        return new ResourceQuotaBuilder()
                .withNewMetadata()
                .withNamespace(WorkerPods.NAMESPACE)
                .withName("team")
                .endMetadata()
                .withNewSpec()
                .withHard(Map.of("limits.nvidia.com/gpumem", new Quantity(Long.toString(memoryMiB))))
                .endSpec()
                .build();
    }

    private interface Call<T> {
        T run();
    }

    private static <T> T timed(Samples samples, Call<T> call) {
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        T result = call.run();
        long nanos = System.nanoTime() - start;
        samples.add(nanos, THREADS.getCurrentThreadAllocatedBytes() - bytes);
        return result;
    }
}
