package io.migpool.extender.pool;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.DeviceReuse.Use;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Looks for contradictions in a reservation read from annotations. GPUs and profiles that the node does not offer at present
 * are given the benefit of the doubt, since registrations change.
 */
public final class ReservationCheck {

    private ReservationCheck() {}

    /**
     * Returns why no pod can have such instances. Annotations can be left over; a reservation with such instances occupies nothing.
     *
     * @param reservation one whose device counts match the pod's request
     * @param node the node of the reservation
     * @return one sentence, or empty if the reservation is believed
     */
    public static Optional<String> impossible(Reservation reservation, NodeView node) {
        for (MigAllocation instance : reservation.migAllocations()) {
            Optional<ProfileCapability> profile = profile(instance, node);
            if (profile.isPresent() && !profile.get().allows(instance.placement())) {
                return Optional.of("its reservation puts %s at %s of %s, which is not a valid placement"
                        .formatted(instance.profile(), instance.placement(), instance.gpuUuid()));
            }
        }
        return Optional.empty();
    }

    /**
     * Returns how the pod asks for more than it was given. It still holds what it was given: a request is read under
     * today's defaults, a reservation was made under those of its time, or by another scheduler.
     *
     * @param reservation one whose device counts match the pod's request
     * @param pod the pod's demand
     * @param node the node of the reservation
     * @return one sentence, or empty if what was given is enough
     */
    public static Optional<String> tooSmall(Reservation reservation, PodDemand pod, NodeView node) {
        for (ContainerGpuRequest container : pod.request().containers()) {
            List<MigAllocation> instances = reservation.migAllocationsOf(container.index());
            for (MigAllocation instance : instances) {
                Optional<String> doubt = tooSmall(instance, container, node);
                if (doubt.isPresent()) {
                    return doubt;
                }
            }
            if (instances.isEmpty() && container.memory() instanceof MemoryRequest.MiB(long amount)) {
                for (AllocatedDevice device : reservation.devices().of(container.index())) {
                    if (device.memoryMiB() < amount) {
                        return Optional.of("its reservation gives container %s %d MiB, but it asks for %d MiB"
                                .formatted(container.container(), device.memoryMiB(), amount));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> tooSmall(MigAllocation instance, ContainerGpuRequest container, NodeView node) {
        SlotDemand wanted = new SlotDemand(
                List.of(container.memory()),
                container.instanceCores(),
                container.cores(),
                List.of(new Use(container.index(), instance.deviceIndex())),
                Set.of(container.index()),
                container.devices() > 1);
        boolean serves = board(instance, node)
                .flatMap(board -> profile(instance, node).map(profile -> board.serves(profile, wanted)))
                .orElse(true);
        return serves
                ? Optional.empty()
                : Optional.of("its reservation gives container %s a %s, but it asks for %s"
                        .formatted(container.container(), instance.profile(), wanted.text()));
    }

    private static Optional<MigBoard> board(MigAllocation instance, NodeView node) {
        return node.gpu(instance.gpuUuid())
                .filter(MigGpu.class::isInstance)
                .map(MigGpu.class::cast)
                .map(MigGpu::board);
    }

    private static Optional<ProfileCapability> profile(MigAllocation instance, NodeView node) {
        return board(instance, node).flatMap(board -> {
            OptionalInt index = board.indexOf(instance.profile());
            return index.isPresent() ? Optional.of(board.profile(index.getAsInt())) : Optional.empty();
        });
    }
}
