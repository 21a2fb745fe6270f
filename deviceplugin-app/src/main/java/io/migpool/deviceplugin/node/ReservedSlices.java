package io.migpool.deviceplugin.node;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.instance.Slice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What reservations name, in the words of this node's driver: HAMi writes the profile names of its own list, which says
 * {@code 7g.79gb} for what the driver calls {@code 7g.80gb}.
 */
public final class ReservedSlices {

    private final Map<String, GpuDescription> gpus;

    /**
     * @param gpus the GPUs of this node
     */
    public ReservedSlices(List<GpuDescription> gpus) {
        this.gpus = gpus.stream().collect(Collectors.toUnmodifiableMap(GpuDescription::uuid, gpu -> gpu));
    }

    /** The slice that an instance of a reservation is; with the name as written where the board offers none like it. */
    Slice of(MigAllocation allocation) {
        MigProfile profile = Optional.ofNullable(gpus.get(allocation.gpuUuid()))
                .flatMap(gpu -> ProfileCapability.resolve(allocation.profile(), gpu.profiles()))
                .map(ProfileCapability::profile)
                .orElse(allocation.profile());
        return new Slice(allocation.gpuUuid(), profile, allocation.placement());
    }

    /** The model of the GPU that a slice is on, offered or not; empty if this node does not have it. */
    Optional<String> modelOn(Slice slice) {
        return Optional.ofNullable(gpus.get(slice.gpuUuid())).map(GpuDescription::registeredModel);
    }
}
