package io.migpool.extender.placement;

import io.migpool.contracts.request.DeviceReuse.Use;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where every device of a pod goes. Computed once, then held, checked, written and committed as it is.
 *
 * @param containers devices of every container of the pod in wire order, init containers first
 * @param occupancy what the pod occupies while it lives
 * @param charge what it counts against its namespace's quota
 */
public record Plan(String node, List<List<DeviceAssignment>> containers, PodOccupancy occupancy, Charge charge) {

    private static final int TWENTIETHS = 20;

    public Plan {
        containers = containers.stream().map(List::copyOf).toList();
    }

    /** Builds the plan of a pod on a node from the option for every device, in the order of the pod's devices. */
    static Plan of(String node, PodDemand pod, List<DeviceOption> chosen) {
        List<List<DeviceAssignment>> containers = new ArrayList<>();
        for (int i = 0; i < pod.request().containerCount(); i++) {
            containers.add(new ArrayList<>());
        }
        for (var request : pod.request().containers()) {
            for (int device = 0; device < request.devices(); device++) {
                containers
                        .get(request.index())
                        .add(optionOf(pod, chosen, new Use(request.index(), device))
                                .assignment());
            }
        }
        PodOccupancy occupancy = PodOccupancy.of(reservation(node, containers, Instant.EPOCH), pod.request());
        return new Plan(node, containers, occupancy, DeviceOption.chargeOf(chosen));
    }

    private static DeviceOption optionOf(PodDemand pod, List<DeviceOption> chosen, Use user) {
        for (int i = 0; i < chosen.size(); i++) {
            if (pod.slots().get(i).users().contains(user)) {
                return chosen.get(i);
            }
        }
        throw new IllegalStateException("no device was chosen for " + user);
    }

    /**
     * Returns the plan in the form of the pod's annotations.
     *
     * @param now when it was reserved
     */
    public Reservation toReservation(Instant now) {
        return reservation(node, containers, now);
    }

    static Reservation reservation(String node, List<List<DeviceAssignment>> containers, Instant now) {
        List<MigAllocation> instances = new ArrayList<>();
        List<List<AllocatedDevice>> devices = new ArrayList<>();
        for (int container = 0; container < containers.size(); container++) {
            List<AllocatedDevice> row = new ArrayList<>();
            for (DeviceAssignment device : containers.get(container)) {
                if (device.part() instanceof DevicePart.MigSlice instance) {
                    instances.add(new MigAllocation(
                            container, row.size(), instance.gpuUuid(), instance.profile(), instance.placement(), null));
                }
                row.add(new AllocatedDevice(
                        device.part().gpuUuid(), AllocatedDevice.NVIDIA, device.memoryMiB(), device.cores()));
            }
            devices.add(row);
        }
        return new Reservation(node, now, new PodDevices(devices), instances);
    }

    /** Returns the UUIDs of the GPUs used. */
    public Set<String> gpuUuids() {
        return occupancy.parts().stream().map(DevicePart::gpuUuid).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Returns the text for events and logs: {@code 1g.10gb at 0:1 on GPU-a, 8000 MiB on GPU-b}. Where an instance has more than
     * a twentieth less memory than its name says, that is told: {@code 1g.18gb at 0:1 on GPU-a (16384 MiB)}.
     */
    public String text() {
        Map<DevicePart, Long> memoryMiB = new HashMap<>();
        containers.forEach(devices -> devices.forEach(device -> memoryMiB.put(device.part(), device.memoryMiB())));
        return occupancy.parts().stream()
                .map(part -> part.text() + shortage(part, memoryMiB.getOrDefault(part, Long.MAX_VALUE)))
                .collect(Collectors.joining(", "));
    }

    private static String shortage(DevicePart part, long memoryMiB) {
        return part instanceof DevicePart.MigSlice instance
                        && memoryMiB < instance.profile().nominalMemoryMiB() / TWENTIETHS * (TWENTIETHS - 1)
                ? " (%d MiB)".formatted(memoryMiB)
                : "";
    }
}
