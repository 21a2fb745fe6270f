package io.migpool.deviceplugin.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PodKey;
import io.migpool.deviceplugin.kubelet.PodSlots;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.SlotSource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** kubelet and the containers: who has which slots, who runs, and what must be true of everybody who does. */
final class ModelKubelet implements SlotSource {

    private static final List<String> SLOTS =
            IntStream.range(0, 40).mapToObj("mp-%03d"::formatted).toList();

    /** kubelet ends the containers of a pod that is gone within so long after its grace period. */
    private static final Duration KILLING = Duration.ofSeconds(10);

    private final ModelMachine machine;
    private final Tally tally;
    private final InstantSource clock;
    /** Pods that have not ended. */
    private final Map<String, ModelPod> pods = new TreeMap<>();
    /** What the checkpoint says; pods that have ended may still stand in it. */
    private final Map<String, NavigableSet<String>> checkpoint = new TreeMap<>();

    /** Pods that were torn away and may still run. */
    private final List<Torn> torn = new ArrayList<>();

    /** A pod whose containers may begin processes until they are ended. */
    private record Torn(ModelPod pod, Instant ended) {}

    ModelKubelet(ModelMachine machine, Tally tally, InstantSource clock) {
        this.machine = machine;
        this.tally = tally;
        this.clock = clock;
    }

    List<ModelPod> all() {
        return List.copyOf(pods.values());
    }

    @Override
    public List<PodSlots> pods() {
        return checkpoint.entrySet().stream()
                .map(entry -> new PodSlots(new PodKey.ByUid(entry.getKey()), Map.of("main", entry.getValue())))
                .toList();
    }

    /** A pod was bound: it gets slots, which are in nobody else's name any more. */
    ModelPod admit(String uid, int count, Duration grace) {
        NavigableSet<String> slots = freeSlots(count);
        ModelPod pod = new ModelPod(uid, slots, grace);
        pods.put(uid, pod);
        checkpoint.values().removeIf(old -> old.stream().anyMatch(slots::contains));
        checkpoint.put(uid, slots);
        return pod;
    }

    private NavigableSet<String> freeSlots(int count) {
        NavigableSet<String> slots = new TreeSet<>(SLOTS);
        pods.values().forEach(pod -> slots.removeAll(pod.slots()));
        return new TreeSet<>(List.copyOf(slots).subList(0, count));
    }

    /** What kubelet asks for when a container starts, and what the container then sees. */
    String start(ModelPod pod, ModelAgent agent, ModelCluster cluster) throws GpuException {
        try {
            agent.preStart(pod.slots());
        } catch (PreparationException e) {
            assertThat(pod.hasEverStarted() || agent.visible(pod.slots()).isEmpty())
                    .as("%s does not start with something", pod.uid())
                    .isTrue();
            return "%s does not start: %s: %s".formatted(pod.uid(), e.reason(), e.getMessage());
        }
        Map<Slice, MigRuntime> got = machine.identify(agent.visible(pod.slots()));
        assertThat(got).as("what %s sees exists", pod.uid()).hasSize(pod.slots().size());
        if (pod.isRunning()) {
            assertThat(got).as("%s runs already", pod.uid()).isEqualTo(pod.running());
        } else {
            List<String> migUuids =
                    got.values().stream().map(MigRuntime::migUuid).toList();
            assertThat(machine.isAnyProcessIn(migUuids))
                    .as("%s finds somebody in %s", pod.uid(), got)
                    .isFalse();
            orphans().forEach(orphan -> assertThat(migUuids(orphan.pod()))
                    .as("%s gets what %s may still use", pod.uid(), orphan.pod().uid())
                    .doesNotContainAnyElementsOf(migUuids));
        }
        assertThat(got.keySet())
                .as("%s gets what its annotations say", pod.uid())
                .isEqualTo(cluster.claim(pod.uid()).slices());
        pod.runsOn(got);
        tally.count(Tally.Kind.START);
        return pod.uid() + " runs on " + got;
    }

    private ModelPod pod(String uid) {
        ModelPod pod = pods.get(uid);
        if (pod == null) {
            throw new AssertionError("no " + uid);
        }
        return pod;
    }

    /** A pod ends with its processes; the checkpoint may not say so at once. */
    void end(ModelPod pod, boolean forgotten) throws GpuException {
        machine.endProcessesIn(migUuids(pod));
        remove(pod, forgotten);
    }

    private void remove(ModelPod pod, boolean forgotten) {
        pods.remove(pod.uid());
        if (forgotten) {
            checkpoint.remove(pod.uid());
        }
    }

    /** As {@link #end}, while its containers run on. */
    void tearAway(ModelPod pod, boolean forgotten) {
        remove(pod, forgotten);
        if (pod.isRunning()) {
            torn.add(new Torn(pod, clock.instant().plus(pod.grace()).plus(KILLING)));
        }
    }

    private static List<String> migUuids(ModelPod pod) {
        return pod.running().values().stream().map(MigRuntime::migUuid).toList();
    }

    /** Once kubelet has ended their containers, they have what processes are left in. */
    private List<Torn> orphans() {
        Instant now = clock.instant();
        torn.stream().filter(orphan -> !now.isBefore(orphan.ended())).forEach(orphan -> orphan.pod()
                .keepOnly(migUuid -> machine.isAnyProcessIn(List.of(migUuid))));
        torn.removeIf(orphan -> !orphan.pod().isRunning());
        return torn;
    }

    boolean isAnyOrphan() {
        return !orphans().isEmpty();
    }

    /** The MIG UUIDs in which containers of pods that are gone may begin a process. */
    List<String> usedByOrphans() {
        Instant now = clock.instant();
        return usable(orphans().stream()
                .filter(orphan -> now.isBefore(orphan.ended()))
                .map(Torn::pod));
    }

    /** The MIG UUIDs in which containers may begin a process. */
    List<String> usable() {
        return usable(pods.values().stream());
    }

    private List<String> usable(Stream<ModelPod> by) {
        return by.flatMap(pod -> pod.running().entrySet().stream())
                .filter(entry -> !machine.isLost(entry.getKey().gpuUuid()))
                .map(entry -> entry.getValue().migUuid())
                .toList();
    }

    /** The MIG UUIDs that containers use. */
    List<String> used() {
        return pods.values().stream()
                .flatMap(pod -> pod.running().values().stream())
                .map(MigRuntime::migUuid)
                .toList();
    }

    /** A GPU, or the machine, lost all its instances: containers there have to start again. */
    void lostAll(Collection<String> gpuUuids) {
        pods.values().stream()
                .filter(pod -> gpuUuids.stream().anyMatch(pod::isOn))
                .forEach(ModelPod::lostAll);
        torn.removeIf(orphan -> gpuUuids.stream().anyMatch(orphan.pod()::isOn));
    }

    /** Called before anything is destroyed, from the agent. */
    void requireNobodys(GpuInstance instance) {
        pods.values().stream().filter(pod -> pod.uses(instance)).forEach(pod -> {
            throw new AssertionError("about to destroy " + instance + " of " + pod.uid() + ", which runs");
        });
        orphans().stream().filter(orphan -> orphan.pod().uses(instance)).forEach(orphan -> {
            throw new AssertionError("about to destroy %s, which %s may still use though it is gone"
                    .formatted(instance, orphan.pod().uid()));
        });
        if (machine.isForeign(instance)) {
            throw new AssertionError("about to destroy " + instance + ", which a stranger made");
        }
    }

    void requireMayMove(String uid, Set<Slice> taken) {
        tally.count(Tally.Kind.MOVE);
        assertThat(pod(uid).isRunning())
                .as("%s runs and is moved to %s", uid, taken)
                .isFalse();
    }

    void requireMayGo(String uid) {
        tally.count(Tally.Kind.EVICTION);
        ModelPod pod = pod(uid);
        assertThat(pod.isRunning()).as("%s runs and is evicted", uid).isFalse();
        pods.remove(uid);
        checkpoint.remove(uid);
    }

    /** Fails unless everybody who runs has instances, and to itself. */
    void requireInstances() throws GpuException {
        Set<String> real = new HashSet<>();
        machine.instances().forEach(instance -> instance.computeInstances().forEach(ci -> real.add(ci.migUuid())));
        Set<String> taken = new HashSet<>();
        Stream.concat(pods.values().stream(), orphans().stream().map(Torn::pod))
                .forEach(pod -> pod.running().forEach((slice, runtime) -> {
                    if (!machine.isLost(slice.gpuUuid()) && !real.contains(runtime.migUuid())) {
                        throw new AssertionError(pod.uid() + " runs without its " + slice);
                    }
                    if (!taken.add(runtime.migUuid())) {
                        throw new AssertionError(pod.uid() + " shares " + slice + " with another pod");
                    }
                }));
    }
}
