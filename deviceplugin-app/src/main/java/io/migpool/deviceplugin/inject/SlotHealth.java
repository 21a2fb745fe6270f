package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.kubelet.DeviceSupply;
import io.migpool.deviceplugin.kubelet.OfferedDevice;
import io.migpool.deviceplugin.kubelet.PodKey;
import io.migpool.deviceplugin.kubelet.PodSlots;
import io.migpool.deviceplugin.kubelet.Slot;
import io.migpool.deviceplugin.kubelet.SlotSource;
import io.migpool.deviceplugin.node.NodePresence;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The node's slots for kubelet. A slot in use is as healthy as the GPU behind it, and also healthy while that GPU only
 * waits for its pods to end, because kubelet permanently fails a pod that it re-admits with an unhealthy slot. As many
 * free slots are healthy as GPUs that take new pods could still hold. A slot in use never leaves the list.
 */
public final class SlotHealth implements DeviceSupply {

    private static final System.Logger LOG = System.getLogger(SlotHealth.class.getName());

    private final SlotSource checkpoint;
    private final InstancePool pool;
    private final Pods watch;
    private final NodePresence node;
    private volatile List<PodSlots> lastKnown = List.of();

    /**
     * @param checkpoint assignment of slots to pods; may include pods that have ended
     * @param watch the pods bound here
     */
    public SlotHealth(SlotSource checkpoint, InstancePool pool, Pods watch, NodePresence node) {
        this.checkpoint = checkpoint;
        this.pool = pool;
        this.watch = watch;
        this.node = node;
    }

    @Override
    public List<OfferedDevice> devices() {
        List<PodSlots> noted = pods();
        Map<Integer, Optional<String>> inUse =
                gpusByNumber(noted.stream().filter(isInUse()).toList());
        long onClosedGpus = inUse.values().stream()
                .filter(gpu -> gpu.filter(node::isClosed).isPresent())
                .count();
        long healthyFree = node.slots() - node.closedSlots() - (inUse.size() - onClosedGpus);
        // A pod that the watch does not know yet would be mistaken for one that has ended.
        int highest = noted.stream().flatMapToInt(SlotHealth::numbers).max().orElse(-1);
        List<OfferedDevice> slots = new ArrayList<>();
        for (int number = 0; number < Math.max(node.slots(), highest + 1); number++) {
            Optional<String> gpu = inUse.get(number);
            if (gpu == null) {
                slots.add(new Slot(number, healthyFree > 0).offered());
                healthyFree--;
            } else {
                slots.add(new Slot(number, gpu.filter(node::isSick).isEmpty()).offered());
            }
        }
        return slots;
    }

    private static IntStream numbers(PodSlots pod) {
        return pod.containers().values().stream()
                .flatMap(NavigableSet::stream)
                .flatMapToInt(id -> Slot.numberOf(id).stream());
    }

    /** Reports whether slots are in use: kubelet keeps those of ended pods in its file until its next allocation. */
    private Predicate<PodSlots> isInUse() {
        Optional<Set<String>> living = watch.all().map(pods -> pods.stream()
                .filter(pod -> !PodPhase.hasEnded(pod))
                .map(pod -> pod.getMetadata().getUid())
                .collect(Collectors.toSet()));
        return pod -> switch (pod.pod()) {
            case PodKey.ByUid(String uid) ->
                pool.claim(uid).isPresent() || living.isEmpty() || living.get().contains(uid);
            case PodKey.ByName _ -> true;
        };
    }

    /** Returns the GPU behind each slot in use; empty if it is not known yet. */
    private Map<Integer, Optional<String>> gpusByNumber(List<PodSlots> inUse) {
        Map<Integer, Optional<String>> gpus = new HashMap<>();
        for (PodSlots pod : inUse) {
            Optional<PodClaim> claim =
                    pod.pod() instanceof PodKey.ByUid(String uid) ? pool.claim(uid) : Optional.empty();
            SortedMap<String, ClaimedDevice> devices =
                    claim.map(known -> SlotAssignment.of(known, pod)).orElseGet(TreeMap::new);
            pod.containers().values().stream().flatMap(ids -> ids.stream()).forEach(id -> Slot.numberOf(id)
                    .ifPresent(number -> gpus.put(
                            number, Optional.ofNullable(devices.get(id)).map(ClaimedDevice::gpuUuid))));
        }
        return gpus;
    }

    /** Returns the pods with slots; while they cannot be determined, the previous ones. */
    private List<PodSlots> pods() {
        try {
            List<PodSlots> pods = List.copyOf(checkpoint.pods());
            lastKnown = pods;
            return pods;
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "assuming that the slots last known to be in use still are: {0}",
                    String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return lastKnown;
    }

    @Override
    public void onChange(Runnable listener) {
        node.onChange(listener);
    }
}
