package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.cluster.PodKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** GPU allocations of live pods, judged by the API server's state and not by an extender's view. Not thread-safe. */
final class Taken {

    /** Slots of every GPU that is shared in software. */
    static final int SLOTS = 5;

    static final long MEMORY_MIB = 40_960;

    /** Of all pods together; less than the GPUs have. */
    static final long QUOTA_MIB = 200_000;

    private static final int CORES = 100;

    private final Map<String, Map<String, UnitMask>> units = new HashMap<>();
    private final Map<String, Map<String, List<AllocatedDevice>>> shares = new HashMap<>();
    private final Map<String, Long> charged = new HashMap<>();
    private final List<String> tooMuch = new ArrayList<>();

    /** Returns every unit that two live pods had at once, every overcommitted shared GPU, and every excess of the quota. */
    List<String> tooMuch() {
        return tooMuch;
    }

    /** Records that the pod is bound. */
    void take(Pod pod) {
        PodKey key = PodKey.of(pod.getMetadata());
        Reservation reservation = reservation(pod);
        List<AllocatedDevice> devices = reservation.devices().containers().stream()
                .flatMap(List::stream)
                .toList();
        charged.put(
                key.uid(),
                devices.stream().mapToLong(AllocatedDevice::memoryMiB).sum());
        long all = charged.values().stream().mapToLong(mib -> mib).sum();
        if (all > QUOTA_MIB) {
            tooMuch.add("with %s pods have %d MiB".formatted(key, all));
        }
        Set<String> cut = new HashSet<>();
        for (MigAllocation instance : reservation.migAllocations()) {
            cut.add(instance.gpuUuid());
            take(key, instance);
        }
        devices.stream().filter(device -> !cut.contains(device.uuid())).forEach(device -> take(key, device));
    }

    private void take(PodKey key, MigAllocation instance) {
        Map<String, UnitMask> onGpu = units.computeIfAbsent(instance.gpuUuid(), gpu -> new HashMap<>());
        UnitMask mask = instance.placement().mask();
        UnitMask own = onGpu.getOrDefault(key.uid(), UnitMask.EMPTY);
        onGpu.forEach((other, taken) -> {
            if (taken.overlaps(mask)) {
                tooMuch.add("%s takes %s of %s".formatted(key, instance, other));
            }
        });
        onGpu.put(key.uid(), own.union(mask));
    }

    private void take(PodKey key, AllocatedDevice device) {
        Map<String, List<AllocatedDevice>> onGpu = shares.computeIfAbsent(device.uuid(), gpu -> new HashMap<>());
        onGpu.computeIfAbsent(key.uid(), pod -> new ArrayList<>()).add(device);
        List<AllocatedDevice> all =
                onGpu.values().stream().flatMap(List::stream).toList();
        long memoryMiB = all.stream().mapToLong(AllocatedDevice::memoryMiB).sum();
        int cores = all.stream().mapToInt(AllocatedDevice::cores).sum();
        if (all.size() > SLOTS || memoryMiB > MEMORY_MIB || cores > CORES) {
            tooMuch.add("with %s %s has %d devices, %d MiB, %d %% cores"
                    .formatted(key, device.uuid(), all.size(), memoryMiB, cores));
        }
    }

    /** Records that the pod has ended. */
    void free(String uid) {
        charged.remove(uid);
        units.values().forEach(onGpu -> onGpu.remove(uid));
        shares.values().forEach(onGpu -> onGpu.remove(uid));
    }

    private static Reservation reservation(Pod pod) {
        try {
            return Reservation.fromAnnotations(pod.getMetadata().getAnnotations())
                    .orElseThrow();
        } catch (MalformedAnnotationException e) {
            throw new AssertionError(e);
        }
    }
}
