package io.migpool.contracts.wire;

import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.PodGpuRequest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What the extender promised a pod, as recorded in the pod's annotations. Written in one step with the Binding.
 *
 * @param node the node, not blank
 * @param reservedAt when, truncated to seconds
 * @param devices devices of every container
 * @param migAllocations instances of the devices that are on MIG GPUs, at most one for each device and on its GPU
 */
public record Reservation(String node, Instant reservedAt, PodDevices devices, List<MigAllocation> migAllocations) {

    private static final Pattern UNIX_SECONDS = Pattern.compile("\\d{1,12}");

    public Reservation {
        if (node.isBlank()) {
            throw new IllegalArgumentException("reservation without a node; it must be named");
        }
        reservedAt = reservedAt.truncatedTo(ChronoUnit.SECONDS);
        migAllocations = List.copyOf(migAllocations);
        for (MigAllocation allocation : migAllocations) {
            requireDevice(devices, allocation);
        }
        long placed = migAllocations.stream()
                .map(allocation -> List.of(allocation.containerIndex(), allocation.deviceIndex()))
                .distinct()
                .count();
        if (placed != migAllocations.size()) {
            throw new IllegalArgumentException("a device has several MIG allocations; one instance serves one device");
        }
    }

    /** Returns the instances of one container, in the order of its devices. */
    public List<MigAllocation> migAllocationsOf(int containerIndex) {
        return migAllocations.stream()
                .filter(allocation -> allocation.containerIndex() == containerIndex)
                .sorted(Comparator.comparingInt(MigAllocation::deviceIndex))
                .toList();
    }

    /**
     * Returns the request that this reservation was made for. A container that names no number of devices and was given
     * none asked for none then: the default was 0. kubelet gives it none either, whatever the default is today.
     *
     * @param today the pod's request under the settings in force
     */
    public PodGpuRequest answered(PodGpuRequest today) {
        List<ContainerGpuRequest> answered = today.containers().stream()
                .filter(container -> !container.countDefaulted()
                        || !devices.of(container.index()).isEmpty())
                .toList();
        return answered.isEmpty() ? today : new PodGpuRequest(answered, today.containerCount());
    }

    /**
     * Returns how it contradicts a request by the number of devices; such a reservation belongs to another pod.
     *
     * @param request the {@link #answered} one
     * @return one sentence, or empty if every container has as many devices as it asks for
     */
    public Optional<String> mismatch(PodGpuRequest request) {
        int wanted = 0;
        for (ContainerGpuRequest container : request.containers()) {
            int given = devices.of(container.index()).size();
            if (given != container.devices()) {
                return Optional.of("its reservation gives container %s %d devices, but it asks for %d"
                        .formatted(container.container(), given, container.devices()));
            }
            wanted += given;
        }
        int all = devices.containers().stream().mapToInt(List::size).sum();
        return all == wanted
                ? Optional.empty()
                : Optional.of("its reservation names devices for containers that ask for none");
    }

    /** Returns the annotations of the Binding. */
    public Map<String, String> toAnnotations() {
        String seconds = Long.toString(reservedAt.getEpochSecond());
        Map<String, String> annotations = new TreeMap<>();
        annotations.put(Annotations.VGPU_NODE, node);
        annotations.put(Annotations.VGPU_TIME, seconds);
        annotations.put(Annotations.DEVICES_ALLOCATED, devices.encode());
        annotations.put(Annotations.DEVICES_TO_ALLOCATE, devices.encode());
        // Even an empty list: a Binding merges annotations, and the pod may still have instances from an earlier
        // scheduler.
        annotations.put(Annotations.MIG_ALLOCATIONS, MigAllocations.encode(migAllocations));
        annotations.put(Annotations.BIND_TIME, seconds);
        annotations.put(Annotations.BIND_PHASE, BindPhase.ALLOCATING.wireName());
        return annotations;
    }

    /**
     * Reads a reservation from a pod's annotations.
     *
     * @return empty if the pod has none
     * @throws MalformedAnnotationException if one of them is malformed, or an allocation does not belong to a device
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
        if (node.isBlank()) {
            throw new MalformedAnnotationException(Annotations.VGPU_NODE, node, "expected the name of a node");
        }
        Instant reservedAt = reservedAt(annotations);
        try {
            return Optional.of(new Reservation(node, reservedAt, devices, allocations));
        } catch (IllegalArgumentException e) {
            throw new MalformedAnnotationException(Annotations.MIG_ALLOCATIONS, text, String.valueOf(e.getMessage()));
        }
    }

    private static void requireDevice(PodDevices devices, MigAllocation allocation) {
        int container = allocation.containerIndex();
        int device = allocation.deviceIndex();
        List<AllocatedDevice> given = devices.of(container);
        boolean exists = device < given.size() && given.get(device).uuid().equals(allocation.gpuUuid());
        if (!exists) {
            throw new IllegalArgumentException("container %d device %d on %s is not among the allocated devices"
                    .formatted(container, device, allocation.gpuUuid()));
        }
    }

    private static Instant reservedAt(Map<String, String> annotations) throws MalformedAnnotationException {
        String text = annotations.getOrDefault(Annotations.VGPU_TIME, "0");
        if (!UNIX_SECONDS.matcher(text).matches()) {
            throw new MalformedAnnotationException(Annotations.VGPU_TIME, text, "expected Unix seconds");
        }
        return Instant.ofEpochSecond(Long.parseLong(text));
    }
}
