package io.migpool.extender.pool;

import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.DistinctDevices;
import io.migpool.contracts.request.DistinctDevices.Container;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import java.util.ArrayList;
import java.util.List;

/**
 * A device that a pod occupies for its whole life, whichever of its containers use it.
 *
 * @param container position of the container that has it for the longest
 * @param device what the container was given
 * @param part what is taken of the GPU
 */
public record OccupiedDevice(int container, AllocatedDevice device, DevicePart part) {

    /** Returns the devices of a reservation whose containers match the request. */
    public static List<OccupiedDevice> of(Reservation reservation, PodGpuRequest request) {
        List<Container<DevicePart>> containers = request.containers().stream()
                .map(container -> new Container<>(
                        container.index(), container.role() == Role.INIT, parts(reservation, container.index())))
                .toList();
        return DistinctDevices.of(containers, DevicePart.MigSlice.class::isInstance).stream()
                .map(owned -> new OccupiedDevice(
                        owned.container(),
                        reservation.devices().of(owned.container()).get(owned.position()),
                        owned.device()))
                .toList();
    }

    private static List<DevicePart> parts(Reservation reservation, int container) {
        List<DevicePart> parts = new ArrayList<>();
        List<AllocatedDevice> devices = reservation.devices().of(container);
        List<MigAllocation> instances = reservation.migAllocationsOf(container);
        for (int i = 0; i < devices.size(); i++) {
            int device = i;
            AllocatedDevice allocated = devices.get(i);
            parts.add(instances.stream()
                    .filter(instance -> instance.deviceIndex() == device)
                    .findFirst()
                    .<DevicePart>map(instance ->
                            new DevicePart.MigSlice(instance.gpuUuid(), instance.profile(), instance.placement()))
                    .orElseGet(() -> withoutPlacement(allocated)));
        }
        return parts;
    }

    private static DevicePart withoutPlacement(AllocatedDevice device) {
        return device.template() == null
                ? new DevicePart.SoftwareShare(device.uuid(), device.memoryMiB(), device.cores())
                : new DevicePart.UnplacedMigSlice(device.uuid(), device.memoryMiB());
    }
}
