package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.ConsistentReads;
import io.migpool.extender.cluster.LeaderCatchUp;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.cluster.PodPhase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One extender with its watches, which deliver late but in order; the watch of pods has gaps, after which all pods are listed. */
final class Replica implements ConsistentReads {
    private static final Duration SILENCE = Duration.ofSeconds(1);
    private static final Duration LAST_BINDINGS =
            SchedulingSettings.DEFAULT.bindRetry().plusSeconds(2);
    private static final Duration LONGEST_COMMITTED = Duration.ofSeconds(10);

    private final BindingServer api;
    private final Supplier<Term> term;
    final Scheduling scheduling;
    final LeaderCatchUp catchUp;
    private final Deque<Consumer<ClusterState>> watch = new ArrayDeque<>();
    private final Deque<Consumer<Replica>> podWatch = new ArrayDeque<>();
    private final Map<String, Pod> known = new HashMap<>();
    private boolean gap;
    boolean leaseReadable = true;

    /** Lists everything, as after a start. */
    Replica(BindingServer api, Collection<Node> nodes, String host, Supplier<Term> term) {
        this.api = api;
        this.term = term;
        this.scheduling = new Scheduling(api);
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

    void deliver(int events) {
        for (int i = 0; i < events && !watch.isEmpty(); i++) {
            watch.removeFirst().accept(scheduling.cluster);
        }
        for (int i = 0; i < events && !podWatch.isEmpty(); i++) {
            podWatch.removeFirst().accept(this);
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

    private List<String> uids() {
        return api.pods.values().stream()
                .filter(pod -> !PodPhase.hasEnded(pod))
                .map(pod -> pod.getMetadata().getUid())
                .toList();
    }
}
