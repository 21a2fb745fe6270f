package io.migpool.contracts.wire;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the extender promised a pod, as the pod's annotations say it. Written whole, with the Binding.
 *
 * @param node the node
 * @param reservedAt when, to the second
 * @param devices devices of every container
 * @param migAllocations instances of the containers that are on MIG GPUs
 */
public record Reservation(String node, Instant reservedAt, PodDevices devices, List<MigAllocation> migAllocations) {

    public Reservation {
        migAllocations = List.copyOf(migAllocations);
    }

    /** The instances of one container, in the order of its devices. */
    public List<MigAllocation> migAllocationsOf(int containerIndex) {
        return migAllocations.stream()
                .filter(allocation -> allocation.containerIndex() == containerIndex)
                .sorted((a, b) -> Integer.compare(a.deviceIndex(), b.deviceIndex()))
                .toList();
    }

    /** The annotations of the Binding. */
    public Map<String, String> toAnnotations() {
        String seconds = Long.toString(reservedAt.getEpochSecond());
        Map<String, String> annotations = new TreeMap<>();
        annotations.put(Annotations.VGPU_NODE, node);
        annotations.put(Annotations.VGPU_TIME, seconds);
        annotations.put(Annotations.DEVICES_ALLOCATED, devices.encode());
        annotations.put(Annotations.DEVICES_TO_ALLOCATE, devices.encode());
        if (!migAllocations.isEmpty()) {
            annotations.put(Annotations.MIG_ALLOCATIONS, MigAllocations.encode(migAllocations));
        }
        annotations.put(Annotations.BIND_TIME, seconds);
        annotations.put(Annotations.BIND_PHASE, BindPhase.ALLOCATING.wireName());
        return annotations;
    }

    /**
     * Reads a reservation from a pod's annotations.
     *
     * @return empty if the pod has none
     * @throws MalformedAnnotationException if one of them is malformed, or an allocation belongs to no device
     */
    public static Optional<Reservation> fromAnnotations(Map<String, String> annotations)
            throws MalformedAnnotationException {
        String node = annotations.get(Annotations.VGPU_NODE);
        String allocated = annotations.get(Annotations.DEVICES_ALLOCATED);
        if (node == null || allocated == null) {
            return Optional.empty();
        }
        PodDevices devices = PodDevices.decode(Annotations.DEVICES_ALLOCATED, allocated);
        String text = annotations.getOrDefault(Annotations.MIG_ALLOCATIONS, "");
        List<MigAllocation> allocations = MigAllocations.decode(text);
        for (MigAllocation allocation : allocations) {
            requireDevice(devices, allocation, text);
        }
        return Optional.of(new Reservation(node, reservedAt(annotations), devices, allocations));
    }

    private static void requireDevice(PodDevices devices, MigAllocation allocation, String text)
            throws MalformedAnnotationException {
        int container = allocation.containerIndex();
        int device = allocation.deviceIndex();
        boolean exists = container < devices.containers().size()
                && device < devices.containers().get(container).size()
                && devices.containers().get(container).get(device).uuid().equals(allocation.gpuUuid());
        if (!exists) {
            throw new MalformedAnnotationException(
                    Annotations.MIG_ALLOCATIONS,
                    text,
                    "container %d device %d on %s is not among the allocated devices"
                            .formatted(container, device, allocation.gpuUuid()));
        }
    }

    private static Instant reservedAt(Map<String, String> annotations) throws MalformedAnnotationException {
        String text = annotations.getOrDefault(Annotations.VGPU_TIME, "0");
        try {
            return Instant.ofEpochSecond(Long.parseLong(text));
        } catch (NumberFormatException | java.time.DateTimeException e) {
            throw new MalformedAnnotationException(Annotations.VGPU_TIME, text, "expected Unix seconds");
        }
    }
}
