package io.migpool.deviceplugin.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.NodeLoops;
import io.migpool.deviceplugin.reservation.ReservedSlices;
import io.migpool.deviceplugin.reservation.UnusableReservationException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The API server and a watch that lags behind it. It is slow; it goes away in the middle of a call, before the call has
 * an effect or after; others change pods between a reading and a writing; and the agent is killed on either side of a
 * call.
 */
final class ModelCluster implements Pods, Events {

    /** One call in so many meets each kind of trouble. */
    private static final int ONE_IN = 30;
    /** The client gives up a second later. */
    private static final Duration SLOW = Duration.ofSeconds(9);

    private final Random random;
    private final VirtualClock clock;
    private final Tally tally;
    private final ClaimReader claims =
            new ClaimReader(ReservedPod.NODE, () -> DeviceSettings.DEFAULT, new ReservedSlices(List.of(), List::of));
    private final BiConsumer<String, Set<Slice>> onMove;
    private final Consumer<String> onEviction;
    private final Map<String, Stored> pods = new TreeMap<>();
    private final Map<String, Pod> watched = new TreeMap<>();
    private final List<Pod> endsToTell = new ArrayList<>();
    private boolean synced;
    private boolean reachable = true;
    private boolean troubled = true;

    /** A pod and what its annotations say. */
    private record Stored(Pod pod, PodClaim claim) {}

    /**
     * @param onMove told when a pod's annotations come to name other slices; with those that are new
     * @param onEviction told which pod is evicted, before it is
     */
    ModelCluster(
            Random random,
            VirtualClock clock,
            Tally tally,
            BiConsumer<String, Set<Slice>> onMove,
            Consumer<String> onEviction) {
        this.random = random;
        this.clock = clock;
        this.tally = tally;
        this.onMove = onMove;
        this.onEviction = onEviction;
    }

    boolean isReachable() {
        return reachable;
    }

    void goOrComeBack() {
        reachable = !reachable;
    }

    /** From now on everything works. */
    void mend() {
        reachable = true;
        troubled = false;
    }

    void bind(Pod pod) {
        store(pod);
    }

    /** kubelet has said that the pod ended, and removes it. */
    void remove(String uid) {
        Optional.ofNullable(pods.remove(uid))
                .ifPresent(ended -> endsToTell.add(new PodBuilder(ended.pod())
                        .editStatus()
                        .withPhase("Succeeded")
                        .endStatus()
                        .build()));
    }

    /** Somebody removes the pod by force, whatever kubelet has said of it. */
    void tearAway(String uid) {
        Optional.ofNullable(pods.remove(uid)).ifPresent(torn -> endsToTell.add(torn.pod()));
    }

    /** Somebody changes something about a pod that is none of our business. */
    void edit(String uid) {
        store(nextVersion(stored(uid).pod()).build());
    }

    /** A person or a controller wants the pod to end. */
    void terminate(String uid) {
        store(nextVersion(stored(uid).pod())
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build());
    }

    boolean isTerminating(String uid) {
        return stored(uid).pod().getMetadata().getDeletionTimestamp() != null;
    }

    /** What the pod's annotations reserve. */
    PodClaim claim(String uid) {
        return stored(uid).claim();
    }

    /** The MIG UUIDs that annotations name. */
    Set<String> named() {
        return pods.keySet().stream()
                .flatMap(uid -> runtimes(uid).values().stream())
                .map(MigRuntime::migUuid)
                .collect(Collectors.toSet());
    }

    /** What the pod's annotations say that it has. */
    Map<Slice, MigRuntime> runtimes(String uid) {
        try {
            return claims.writtenBack(stored(uid).pod());
        } catch (UnusableReservationException e) {
            throw new AssertionError(e);
        }
    }

    Collection<PodClaim> claims() {
        return pods.values().stream().map(Stored::claim).toList();
    }

    private Stored stored(String uid) {
        return Optional.ofNullable(pods.get(uid)).orElseThrow();
    }

    private void store(Pod pod) {
        try {
            pods.put(pod.getMetadata().getUid(), new Stored(pod, claims.read(pod)));
        } catch (UnusableReservationException e) {
            throw new AssertionError("the annotations make no sense: " + pod.getMetadata(), e);
        }
    }

    private static PodBuilder nextVersion(Pod pod) {
        long version = Long.parseLong(pod.getMetadata().getResourceVersion());
        return new PodBuilder(pod)
                .editMetadata()
                .withResourceVersion(Long.toString(version + 1))
                .endMetadata();
    }

    /** A new agent has seen nothing yet. */
    void forgetWatch() {
        synced = false;
        watched.clear();
        endsToTell.clear();
    }

    /**
     * The watch tells everything that it has not told yet; of pods that it has never shown, only if it was not set up
     * anew.
     */
    void catchUp(Pods.Listener listener) {
        if (!reachable) {
            return;
        }
        Set<String> shown = Set.copyOf(watched.keySet());
        boolean anew = random.nextInt(4) == 0;
        watched.clear();
        pods.forEach((uid, stored) -> watched.put(uid, stored.pod()));
        synced = true;
        List<Pod> ends = List.copyOf(endsToTell);
        endsToTell.clear();
        ends.stream()
                .filter(pod -> !anew || shown.contains(pod.getMetadata().getUid()))
                .forEach(pod -> listener.gone(pod.getMetadata().getUid(), NodeLoops.runsOnFor(pod)));
    }

    private boolean isWatchCurrent() {
        return synced
                && versions(watched.values())
                        .equals(versions(pods.values().stream().map(Stored::pod).toList()));
    }

    private static Map<String, String> versions(Collection<Pod> pods) {
        return pods.stream().collect(Collectors.toMap(pod -> pod.getMetadata().getUid(), pod -> pod.getMetadata()
                .getResourceVersion()));
    }

    @Override
    public Optional<Pod> watched(String uid) {
        return Optional.ofNullable(watched.get(uid));
    }

    @Override
    public Optional<List<Pod>> all() {
        return synced ? Optional.of(List.copyOf(watched.values())) : Optional.empty();
    }

    @Override
    public Optional<Pod> read(String namespace, String name) throws ClusterException {
        before("read");
        Optional<Pod> found = pods.values().stream()
                .map(Stored::pod)
                .filter(pod -> pod.getMetadata().getName().equals(name))
                .findFirst();
        after("read");
        return found;
    }

    @Override
    public void mark(Pod base, Map<String, String> annotations, Map<String, String> labels) throws ClusterException {
        before("patch");
        String uid = base.getMetadata().getUid();
        Stored present = pods.get(uid);
        if (present == null) {
            throw new ClusterException(ClusterException.Code.GONE, "no such pod");
        }
        if (troubled && random.nextInt(4) == 0) {
            edit(uid);
        }
        if (!stored(uid)
                .pod()
                .getMetadata()
                .getResourceVersion()
                .equals(base.getMetadata().getResourceVersion())) {
            tally.count(Tally.Kind.CONFLICT);
            throw new ClusterException(ClusterException.Code.CONFLICT, "the pod was changed");
        }
        boolean current = isWatchCurrent();
        store(nextVersion(present.pod())
                .editMetadata()
                .addToAnnotations(annotations)
                .addToLabels(labels)
                .endMetadata()
                .build());
        checkMove(uid, present.claim(), claim(uid), current);
        after("patch");
    }

    /** A pod is moved to a place that nobody else has reserved, as far as the agent could know. */
    private void checkMove(String uid, PodClaim before, PodClaim after, boolean current) {
        List<Slice> taken = after.slices().stream()
                .filter(slice -> !before.slices().contains(slice))
                .toList();
        if (taken.isEmpty()) {
            return;
        }
        onMove.accept(uid, Set.copyOf(taken));
        for (Stored other : pods.values()) {
            if (current && !other.claim().uid().equals(uid)) {
                assertThat(other.claim().slices())
                        .as("%s is moved to where %s is", uid, other.claim().uid())
                        .noneMatch(slice -> taken.stream().anyMatch(place -> overlap(place, slice)));
            }
        }
    }

    @Override
    public boolean evict(Pod pod) throws ClusterException {
        before("eviction");
        String uid = pod.getMetadata().getUid();
        if (!pods.containsKey(uid)) {
            throw new ClusterException(ClusterException.Code.GONE, "no such pod");
        }
        if (random.nextInt(4) == 0) {
            return false;
        }
        onEviction.accept(uid);
        remove(uid);
        after("eviction");
        return true;
    }

    /** Everything happens on one thread, and no start has time to wait. */
    @Override
    public Pods until(Instant deadline, InstantSource clock) {
        return this;
    }

    private void before(String call) throws ClusterException {
        if (reachable && troubled) {
            switch (random.nextInt(ONE_IN)) {
                case 0 -> reachable = false;
                case 1 -> throw new Killed("before a " + call);
                case 2 -> {
                    tally.count(Tally.Kind.SLOW_ANSWER);
                    clock.forward(SLOW);
                }
                default -> {}
            }
        }
        if (!reachable) {
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, "connection refused");
        }
    }

    private void after(String call) throws ClusterException {
        if (troubled) {
            switch (random.nextInt(ONE_IN)) {
                case 0 -> {
                    reachable = false;
                    tally.count(Tally.Kind.LOST_ANSWER);
                    throw new ClusterException(ClusterException.Code.UNAVAILABLE, "done, but the connection broke");
                }
                case 1 -> throw new Killed("after a " + call);
                default -> {}
            }
        }
    }

    @Override
    public void warnPod(PodRef pod, String reason, String note) {}

    @Override
    public void warnNode(String reason, String note) {}

    @Override
    public void noteNode(String reason, String note) {}

    static boolean overlap(Slice one, Slice other) {
        return one.gpuUuid().equals(other.gpuUuid()) && one.placement().overlaps(other.placement());
    }
}
