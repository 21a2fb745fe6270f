package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.ConsistentReads;
import io.migpool.extender.cluster.LeaderCatchUp;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.cluster.PodListener;
import io.migpool.extender.cluster.PodPhase;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.placement.SchedulingPolicies;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.NodeView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One extender with its watches, which deliver late but in order; the watch of pods has gaps, after which all pods are listed.
 * Settings come as late, and then all pods are read again.
 */
final class Replica implements ConsistentReads {
    private static final Duration SILENCE = Duration.ofSeconds(1);
    private static final Duration LAST_BINDINGS =
            SchedulingSettings.DEFAULT.bindRetry().plusSeconds(2);
    private static final Duration LONGEST_COMMITTED = Duration.ofSeconds(10);

    private final BindingServer api;
    private final Supplier<Term> term;
    private final SchedulingPolicies policies;
    final Scheduling scheduling;
    final LeaderCatchUp catchUp;
    private final Deque<Consumer<ClusterState>> watch = new ArrayDeque<>();
    private final Deque<Consumer<Replica>> podWatch = new ArrayDeque<>();
    private final Map<String, Pod> known = new HashMap<>();
    private DeviceSettings settings;
    private boolean gap;
    private boolean podsToReadAgain;
    boolean leaseReadable = true;

    /** Lists everything, as after a start. */
    Replica(BindingServer api, DeviceSettings settings, Collection<Node> nodes, String host, Supplier<Term> term) {
        this.api = api;
        this.term = term;
        this.settings = settings;
        RequestMix mix = new RequestMix();
        this.policies = new SchedulingPolicies(mix, PolicyChoice.NONE);
        this.scheduling = new Scheduling(api, new ClusterState(settings), new Planner(policies));
        scheduling.cluster.addListener(new MixObserver(mix));
        policies.setClusterPolicy(settings.scheduling().policies());
        this.catchUp = new LeaderCatchUp(
                this,
                scheduling.cluster::podChanged,
                SILENCE,
                LAST_BINDINGS,
                host,
                () -> api.now().toEpochMilli() * 1_000_000,
                api::now);
        nodes.forEach(scheduling.cluster::nodeChanged);
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", Long.toString(Taken.QUOTA_MIB)));
        listPods();
    }

    void listPods() {
        gap = false;
        podWatch.clear();
        List.copyOf(known.values()).forEach(pod -> {
            if (!api.pods.containsKey(PodKey.of(pod.getMetadata()).toString())) {
                forget(pod);
            }
        });
        api.pods.values().forEach(this::putPod);
        scheduling.cluster.allPodsListed(api.version(), this::knows);
        assertThat(scheduling.cluster.pods())
                .extracting(pod -> pod.key().uid())
                .containsExactlyInAnyOrderElementsOf(uids());
    }

    /** Asks the API server, which may not answer. */
    void settle() {
        scheduling.binder.settle();
        if (api.readable) {
            assertThat(scheduling.book.all())
                    .filteredOn(hold -> hold.progress() instanceof Hold.Progress.Committed(Instant asked)
                            && asked.isBefore(api.now().minus(LONGEST_COMMITTED)))
                    .extracting(hold -> hold.pod().uid())
                    .isSubsetOf(uids());
        }
    }

    private boolean knows(PodKey pod) {
        Pod found = known.get(pod.toString());
        return found != null && found.getMetadata().getUid().equals(pod.uid());
    }

    void putPod(Pod pod) {
        Pod before = known.put(PodKey.of(pod.getMetadata()).toString(), pod);
        if (before != null
                && !before.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
            scheduling.cluster.podGone(before.getMetadata().getUid());
        }
        scheduling.cluster.podChanged(pod);
    }

    void forget(Pod pod) {
        known.remove(PodKey.of(pod.getMetadata()).toString());
        scheduling.cluster.podGone(pod.getMetadata().getUid());
    }

    @Override
    public Leader leader() {
        return leaseReadable ? new Leader.Elected(term.get(), true) : new Leader.Unknown("timed out");
    }

    @Override
    public Optional<String> boundPods(Consumer<Pod> taker) {
        api.pods.values().stream()
                .filter(pod -> pod.getSpec().getNodeName() != null)
                .forEach(taker);
        return Optional.empty();
    }

    /** Tells it of other settings, as late as of all else. */
    void tellOfSettings(DeviceSettings changed) {
        watch.add(cluster -> {
            settings = changed;
            policies.setClusterPolicy(changed.scheduling().policies());
            cluster.settingsChanged(changed);
            podsToReadAgain = true;
        });
    }

    /** Delivers everything, so that its view is the API server's. */
    void catchUpWithTheApiServer() {
        if (gap) {
            listPods();
        }
        deliver(Integer.MAX_VALUE);
    }

    /** Returns the instances of a pod's hold that the settings in force here do not allow. */
    List<MigProfile> forbidden(String podUid) {
        List<MigProfile> forbidden = new ArrayList<>();
        scheduling.book.of(podUid).map(hold -> hold.plan().occupancy()).ifPresent(taken -> {
            NodeView node = scheduling.cluster.node(taken.node()).orElseThrow();
            for (DevicePart part : taken.parts()) {
                if (part instanceof DevicePart.MigSlice(var gpu, var profile, var _)
                        && !isAllowed(profile, node, gpu)) {
                    forbidden.add(profile);
                }
            }
        });
        return forbidden;
    }

    private boolean isAllowed(MigProfile profile, NodeView node, String gpuUuid) {
        GpuInventory gpu = node.gpu(gpuUuid).orElseThrow().inventory();
        return settings.allowedProfilesFor(new GpuModel(gpu.model(), gpu.memoryMiB()))
                .map(allowed -> allowed.contains(profile))
                .orElse(true);
    }

    void deliver(int events) {
        for (int i = 0; i < events && !watch.isEmpty(); i++) {
            watch.removeFirst().accept(scheduling.cluster);
        }
        for (int i = 0; i < events && !podWatch.isEmpty(); i++) {
            podWatch.removeFirst().accept(this);
        }
        if (events > 0 && podsToReadAgain) {
            podsToReadAgain = false;
            api.pods.values().forEach(scheduling.cluster::podChanged);
        }
    }

    void tellOfPod(Consumer<Replica> event) {
        if (!gap) {
            podWatch.add(event);
        }
    }

    /** Loses the events in flight, and those that follow until all pods are listed. */
    void interrupt() {
        gap = true;
        podWatch.clear();
    }

    boolean isInterrupted() {
        return gap;
    }

    void tell(Consumer<ClusterState> event) {
        watch.add(event);
    }

    /** Observes the mix of requests, on which placement depends. */
    private record MixObserver(RequestMix mix) implements PodListener {

        @Override
        public void appeared(PodEntry pod) {
            Optional.ofNullable(pod.demand()).ifPresent(mix::observe);
        }

        @Override
        public void bound(String uid) {}

        @Override
        public void gone(String uid) {}
    }

    private List<String> uids() {
        return api.pods.values().stream()
                .filter(pod -> !PodPhase.hasEnded(pod))
                .map(pod -> pod.getMetadata().getUid())
                .toList();
    }
}
