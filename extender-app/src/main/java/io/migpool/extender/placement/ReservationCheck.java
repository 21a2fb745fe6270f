package io.migpool.extender.placement;

import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Whether a reservation read from annotations could have been given for the pod's request. Annotations can be forged or
 * left over; one that is not believed occupies nothing.
 */
public final class ReservationCheck {

    private ReservationCheck() {}

    /**
     * Looks for a contradiction. GPUs and profiles that the node does not offer at present are given the benefit of the
     * doubt, since registrations change.
     *
     * @param reservation one whose device counts match the request
     * @param pod the pod's demand
     * @param node the node of the reservation
     * @return one sentence, or empty if the reservation is believed
     */
    public static Optional<String> doubt(Reservation reservation, PodDemand pod, NodeView node) {
        for (ContainerGpuRequest container : pod.request().containers()) {
            List<AllocatedDevice> devices = reservation.devices().containers().get(container.index());
            List<MigAllocation> instances = reservation.migAllocationsOf(container.index());
            for (MigAllocation instance : instances) {
                Optional<String> doubt = node.gpu(instance.gpuUuid()).flatMap(gpu -> doubt(instance, container, gpu));
                if (doubt.isPresent()) {
                    return doubt;
                }
            }
            if (instances.isEmpty() && container.memory() instanceof MemoryRequest.MiB(long amount)) {
                for (AllocatedDevice device : devices) {
                    if (device.memoryMiB() < amount) {
                        return Optional.of("its reservation gives container %s %d MiB, but it asks for %d MiB"
                                .formatted(container.container(), device.memoryMiB(), amount));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> doubt(MigAllocation instance, ContainerGpuRequest container, GpuView gpu) {
        if (!(gpu instanceof MigGpu mig)) {
            return Optional.empty();
        }
        OptionalInt index = mig.board().indexOf(instance.profile());
        if (index.isEmpty()) {
            return Optional.empty();
        }
        ProfileCapability profile = mig.board().profile(index.getAsInt());
        if (!profile.allows(instance.placement())) {
            return Optional.of("its reservation puts %s at %s of %s, where it cannot lie"
                    .formatted(instance.profile(), instance.placement(), instance.gpuUuid()));
        }
        SlotDemand wanted = new SlotDemand(
                List.of(container.memory()),
                container.cores(),
                List.of(new SlotDemand.User(container.index(), instance.deviceIndex())));
        return mig.board().serves(profile, wanted)
                ? Optional.empty()
                : Optional.of("its reservation gives container %s a %s, but it asks for %s"
                        .formatted(container.container(), instance.profile(), wanted.text()));
    }
}
