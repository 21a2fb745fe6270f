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
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** kubelet and the containers: who has which slots, who runs, and what must be true of everybody who does. */
final class ModelKubelet implements SlotSource {

    private static final List<String> SLOTS =
            IntStream.range(0, 40).mapToObj("mp-%03d"::formatted).toList();

    private final ModelMachine machine;
    private final Tally tally;
    /** Pods that have not ended. */
    private final Map<String, ModelPod> pods = new TreeMap<>();
    /** What the checkpoint says; pods that have ended may still stand in it. */
    private final Map<String, NavigableSet<String>> checkpoint = new TreeMap<>();

    ModelKubelet(ModelMachine machine, Tally tally) {
        this.machine = machine;
        this.tally = tally;
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
    ModelPod admit(String uid, int count) {
        NavigableSet<String> slots = freeSlots(count);
        ModelPod pod = new ModelPod(uid, slots);
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
        }
        assertThat(got.keySet())
                .as("%s gets what its annotations say", pod.uid())
                .isEqualTo(cluster.claim(pod.uid()).slices());
        pod.runsOn(got);
        tally.starts++;
        return pod.uid() + " runs on " + got;
    }

    private ModelPod pod(String uid) {
        ModelPod pod = pods.get(uid);
        if (pod == null) {
            throw new AssertionError("no " + uid);
        }
        return pod;
    }

    /** A pod ends; the checkpoint may not say so at once. */
    void end(ModelPod pod, boolean forgotten) {
        pods.remove(pod.uid());
        if (forgotten) {
            checkpoint.remove(pod.uid());
        }
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
    }

    /** Called before anything is destroyed, from the agent. */
    void requireNobodys(GpuInstance instance) {
        pods.values().stream().filter(pod -> pod.uses(instance)).forEach(pod -> {
            throw new AssertionError("about to destroy " + instance + " of " + pod.uid() + ", which runs");
        });
        if (machine.isForeign(instance)) {
            throw new AssertionError("about to destroy " + instance + ", which a stranger made");
        }
    }

    void requireMayMove(String uid, Set<Slice> taken) {
        tally.moves++;
        assertThat(pod(uid).isRunning())
                .as("%s runs and is moved to %s", uid, taken)
                .isFalse();
    }

    void requireMayGo(String uid) {
        tally.evictions++;
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
        pods.values().forEach(pod -> pod.running().forEach((slice, runtime) -> {
            if (!machine.isLost(slice.gpuUuid()) && !real.contains(runtime.migUuid())) {
                throw new AssertionError(pod.uid() + " runs without its " + slice);
            }
            if (!taken.add(runtime.migUuid())) {
                throw new AssertionError(pod.uid() + " shares " + slice + " with another pod");
            }
        }));
    }
}
