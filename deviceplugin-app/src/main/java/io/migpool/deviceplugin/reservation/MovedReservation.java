package io.migpool.deviceplugin.reservation;

import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.deviceplugin.instance.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Computes the annotations of a pod one of whose slices moves: instances and device strings must change together. */
final class MovedReservation {

    private final Slice from;
    private final Slice to;
    private final ReservedSlices slices;

    MovedReservation(Slice from, Slice to, ReservedSlices slices) {
        this.from = from;
        this.to = to;
        this.slices = slices;
    }

    /**
     * Returns the annotations to set on the pod.
     *
     * @param present the pod's annotations
     * @throws MalformedAnnotationException if they cannot be understood
     */
    Map<String, String> annotations(Map<String, String> present) throws MalformedAnnotationException {
        List<MigAllocation> before = MigAllocations.decode(present.getOrDefault(Annotations.MIG_ALLOCATIONS, ""));
        Map<String, String> wanted = new TreeMap<>();
        wanted.put(
                Annotations.MIG_ALLOCATIONS,
                MigAllocations.encode(before.stream().map(this::moved).toList()));
        for (String key : List.of(Annotations.DEVICES_ALLOCATED, Annotations.DEVICES_TO_ALLOCATE)) {
            String devices = present.get(key);
            if (devices != null) {
                wanted.put(key, moved(PodDevices.decode(key, devices), before).encode());
            }
        }
        return wanted;
    }

    private boolean moves(MigAllocation allocation) {
        return slices.of(allocation).equals(from);
    }

    private MigAllocation moved(MigAllocation allocation) {
        return moves(allocation)
                ? new MigAllocation(
                        allocation.containerIndex(),
                        allocation.deviceIndex(),
                        to.gpuUuid(),
                        to.profile(),
                        to.placement(),
                        null)
                : allocation;
    }

    private PodDevices moved(PodDevices devices, List<MigAllocation> before) {
        List<List<AllocatedDevice>> containers = new ArrayList<>();
        for (List<AllocatedDevice> container : devices.containers()) {
            containers.add(new ArrayList<>(container));
        }
        for (MigAllocation allocation : before) {
            boolean listed = allocation.containerIndex() < containers.size()
                    && allocation.deviceIndex()
                            < containers.get(allocation.containerIndex()).size();
            if (listed && moves(allocation)) {
                List<AllocatedDevice> container = containers.get(allocation.containerIndex());
                AllocatedDevice device = container.get(allocation.deviceIndex());
                container.set(
                        allocation.deviceIndex(),
                        new AllocatedDevice(to.gpuUuid(), device.type(), device.memoryMiB(), device.cores()));
            }
        }
        return new PodDevices(containers);
    }
}
