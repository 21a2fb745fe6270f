package io.migpool.extender.pool;

import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.wire.Reservation;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a pod occupies for its whole life.
 *
 * <p>Instances named by several containers are one instance. On software-shared GPUs an init container's device that
 * equals one of a container starting after it is that one; the rest count on their own.
 *
 * @param parts distinct instances and all software shares, in wire order
 */
public record PodOccupancy(String node, List<DevicePart> parts) {

    public PodOccupancy {
        parts = List.copyOf(parts);
    }

    /** Returns the occupancy of a reservation whose containers match the request. */
    public static PodOccupancy of(Reservation reservation, PodGpuRequest request) {
        return new PodOccupancy(
                reservation.node(),
                OccupiedDevice.of(reservation, request).stream()
                        .map(OccupiedDevice::part)
                        .toList());
    }

    /** Returns the text for events and logs: {@code 1g.10gb at 0:1 on GPU-a, 8000 MiB on GPU-b}. */
    public String text() {
        return parts.stream().map(DevicePart::text).collect(Collectors.joining(", "));
    }
}
