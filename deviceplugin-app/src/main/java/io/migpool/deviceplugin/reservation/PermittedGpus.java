package io.migpool.deviceplugin.reservation;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.policy.Arrangement;
import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The GPUs to which a pod's constraints allow one of its slices to be moved: which GPUs the pod accepts, and how its
 * devices must be placed relative to one another. A node does not know what only the Namespace or the extender's
 * settings say.
 *
 * @param constraints the pod's constraints
 * @param alone whether only GPUs are allowed of which nothing is taken by others
 * @param blocked the slice to move
 * @param others the slices of all other pods
 * @param gpus the node's GPUs
 */
record PermittedGpus(
        PodConstraints constraints,
        boolean alone,
        PodClaim claim,
        Slice blocked,
        Collection<Slice> others,
        List<GpuInventory> gpus)
        implements Predicate<GpuInventory> {

    PermittedGpus {
        others = List.copyOf(others);
        gpus = List.copyOf(gpus);
    }

    static PermittedGpus of(
            Map<String, String> annotations,
            PodClaim claim,
            Slice blocked,
            Collection<Slice> others,
            List<GpuInventory> gpus) {
        return new PermittedGpus(
                PodConstraints.fromAnnotations(annotations),
                PolicyChoice.fromAnnotations(annotations).gpu().contains(GpuPolicy.MUTEX),
                claim,
                blocked,
                others,
                gpus);
    }

    @Override
    public boolean test(GpuInventory gpu) {
        Arrangement arrangement = constraints.arrangement();
        return constraints.accepts(gpu)
                && !(alone && isUsedByOthers(gpu))
                && !(arrangement.spreadDevices()
                        && claim.containers().stream()
                                .flatMap(container -> unmoved(container.devices()))
                                .anyMatch(uuid -> uuid.equals(gpu.uuid())))
                && !(arrangement.numaBind()
                        && claim.containers().stream()
                                .filter(container -> container.devices().contains(new ClaimedDevice.Mig(blocked)))
                                .flatMap(container -> unmoved(container.devices()))
                                .anyMatch(uuid -> !isOnNumaNode(uuid, gpu.numaNode())));
    }

    /** Returns whether other pods have something of the GPU, or instances are on it that no pod can have. */
    private boolean isUsedByOthers(GpuInventory gpu) {
        return !gpu.blocked().isEmpty()
                || others.stream().anyMatch(slice -> slice.gpuUuid().equals(gpu.uuid()));
    }

    /** Returns the GPUs of the devices that stay where they are. */
    private Stream<String> unmoved(List<ClaimedDevice> devices) {
        return devices.stream()
                .filter(device -> !device.equals(new ClaimedDevice.Mig(blocked)))
                .map(ClaimedDevice::gpuUuid);
    }

    /**
     * Returns whether a GPU is on this NUMA node; false if the GPU is no longer offered, because that is then unknown.
     */
    private boolean isOnNumaNode(String uuid, int numaNode) {
        return gpus.stream().anyMatch(gpu -> gpu.uuid().equals(uuid) && gpu.numaNode() == numaNode);
    }
}
