package io.migpool.deviceplugin.reservation;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.instance.Slice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Translates the names in reservations to those of this node's driver: HAMi uses the profile names of its own list,
 * such as {@code 7g.79gb} for the driver's {@code 7g.80gb}.
 */
public final class ReservedSlices {

    private final Supplier<List<GpuDescription>> look;
    private volatile Map<String, GpuDescription> gpus;

    /**
     * @param known the GPUs of this node as first described by the driver
     * @param look describes them as far as they can be read now; used for a GPU that is unknown or has no known
     *     profiles. May block
     */
    public ReservedSlices(List<GpuDescription> known, Supplier<List<GpuDescription>> look) {
        this.look = look;
        this.gpus = byUuid(known);
    }

    private static Map<String, GpuDescription> byUuid(List<GpuDescription> gpus) {
        return gpus.stream().collect(Collectors.toUnmodifiableMap(GpuDescription::uuid, gpu -> gpu));
    }

    private Optional<GpuDescription> withProfiles(String uuid) {
        Optional<GpuDescription> known = Optional.ofNullable(gpus.get(uuid));
        if (known.filter(gpu -> !gpu.migCapable() || !gpu.profiles().isEmpty()).isPresent()) {
            return known;
        }
        Map<String, GpuDescription> present = byUuid(look.get());
        if (present.containsKey(uuid)) {
            gpus = present;
        }
        return Optional.ofNullable(present.get(uuid)).or(() -> known);
    }

    /**
     * Returns the slice of an instance in a reservation; with the name as written if the board offers no matching
     * profile.
     */
    Slice of(MigAllocation allocation) {
        MigProfile profile = withProfiles(allocation.gpuUuid())
                .flatMap(gpu -> ProfileCapability.resolve(allocation.profile(), gpu.profiles()))
                .map(ProfileCapability::profile)
                .orElse(allocation.profile());
        return new Slice(allocation.gpuUuid(), profile, allocation.placement());
    }

    /** Returns the model of a slice's GPU, offered or not; empty if this node does not have the GPU. */
    Optional<String> modelOn(Slice slice) {
        return withProfiles(slice.gpuUuid()).map(GpuDescription::registeredModel);
    }
}
