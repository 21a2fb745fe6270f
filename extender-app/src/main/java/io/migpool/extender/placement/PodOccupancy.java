package io.migpool.extender.placement;

import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a pod occupies for its whole life.
 *
 * <p>Instances named by several containers are one instance. On software-shared GPUs an init container's device that
 * equals one of a container starting after it is that one; the rest count on their own.
 *
 * @param node the node
 * @param shares distinct instances and all software shares, in wire order
 */
public record PodOccupancy(String node, List<DeviceShare> shares) {

    public PodOccupancy {
        shares = List.copyOf(shares);
    }

    /** The occupancy of a reservation whose containers match the request. */
    public static PodOccupancy of(Reservation reservation, PodGpuRequest request) {
        List<DeviceShare> longLived = new ArrayList<>();
        Map<Integer, List<DeviceShare>> sidecars = new TreeMap<>();
        List<DeviceShare> all = new ArrayList<>();
        for (ContainerGpuRequest container : request.containers()) {
            List<DeviceShare> shares = shares(reservation, container.index());
            if (container.role() != Role.INIT) {
                longLived.addAll(shares);
            }
            if (container.role() == Role.SIDECAR) {
                sidecars.put(container.index(), shares);
            }
        }
        all.addAll(longLived);
        for (ContainerGpuRequest container : request.containers()) {
            if (container.role() == Role.INIT) {
                List<DeviceShare> together = new ArrayList<>(shares(reservation, container.index()));
                sidecars.forEach((index, shares) -> {
                    if (index < container.index()) {
                        together.addAll(shares);
                    }
                });
                addMissing(all, together);
            }
        }
        return new PodOccupancy(reservation.node(), withoutRepeatedInstances(all));
    }

    /** For events and logs: {@code 1g.10gb at 0:1 on GPU-a, 8000 MiB on GPU-b}. */
    public String text() {
        return shares.stream()
                .map(share -> switch (share) {
                    case DeviceShare.Instance(var gpu, var profile, var placement) ->
                        "%s at %s on %s".formatted(profile, placement, gpu);
                    case DeviceShare.Slice(var gpu, var memory, var cores) ->
                        "%d MiB%s on %s".formatted(memory, cores == 0 ? "" : " and " + cores + " % cores", gpu);
                })
                .collect(Collectors.joining(", "));
    }

    private static void addMissing(List<DeviceShare> all, List<DeviceShare> together) {
        Map<DeviceShare, Long> present =
                all.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        for (DeviceShare share : together) {
            long left = present.merge(share, -1L, Long::sum);
            if (left < 0) {
                all.add(share);
            }
        }
    }

    private static List<DeviceShare> withoutRepeatedInstances(List<DeviceShare> all) {
        List<DeviceShare> distinct = new ArrayList<>();
        for (DeviceShare share : all) {
            if (share instanceof DeviceShare.Slice || !distinct.contains(share)) {
                distinct.add(share);
            }
        }
        return distinct;
    }

    private static List<DeviceShare> shares(Reservation reservation, int container) {
        if (container >= reservation.devices().containers().size()) {
            return List.of();
        }
        List<DeviceShare> shares = new ArrayList<>();
        List<AllocatedDevice> devices = reservation.devices().containers().get(container);
        List<MigAllocation> instances = reservation.migAllocationsOf(container);
        for (int i = 0; i < devices.size(); i++) {
            int device = i;
            AllocatedDevice allocated = devices.get(i);
            shares.add(instances.stream()
                    .filter(instance -> instance.deviceIndex() == device)
                    .findFirst()
                    .<DeviceShare>map(instance ->
                            new DeviceShare.Instance(instance.gpuUuid(), instance.profile(), instance.placement()))
                    .orElseGet(
                            () -> new DeviceShare.Slice(allocated.uuid(), allocated.memoryMiB(), allocated.cores())));
        }
        return shares;
    }
}
