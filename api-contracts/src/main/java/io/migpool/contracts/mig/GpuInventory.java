package io.migpool.contracts.mig;

import java.util.List;
import java.util.Optional;

/**
 * One GPU as its node offers it to the pool: an entry of the node registration.
 *
 * @param uuid {@code GPU-…}
 * @param index NVML index on the node, from 0
 * @param slots how many slots the GPU adds to the node's count resource, at least 0
 * @param memoryMiB memory that pods may be given, in MiB (scaled on software-shared GPUs)
 * @param corePercent compute that pods may be given, in percent (100, scaled on software-shared GPUs)
 * @param model the name that NVML reports, for example {@code NVIDIA A100-SXM4-80GB}
 * @param numaNode NUMA node, from 0
 * @param mode how the GPU is shared
 * @param profiles profiles that can be created on it; empty unless {@code mode} is {@link GpuMode#MIG}
 * @param healthy whether new pods may be placed on it
 * @param blocked placements taken by instances that the pool does not own, or unusable at present
 * @param idle instances that no pod uses and that the next pod may reuse as they are
 */
public record GpuInventory(
        String uuid,
        int index,
        int slots,
        long memoryMiB,
        int corePercent,
        String model,
        int numaNode,
        GpuMode mode,
        List<ProfileCapability> profiles,
        boolean healthy,
        List<Placement> blocked,
        List<IdleInstance> idle) {

    /**
     * An instance that no pod uses.
     *
     * @param placement where it lies
     */
    public record IdleInstance(MigProfile profile, Placement placement) {}

    public GpuInventory {
        if (uuid.isBlank()) {
            throw new IllegalArgumentException("GPU without uuid; NVML reports one of the form GPU-…");
        }
        if (index < 0 || slots < 0 || memoryMiB < 0 || corePercent < 0 || numaNode < 0) {
            throw new IllegalArgumentException(
                    "GPU %s: index %d, slots %d, memory %d MiB, cores %d %%, NUMA node %d; none may be negative"
                            .formatted(uuid, index, slots, memoryMiB, corePercent, numaNode));
        }
        profiles = List.copyOf(profiles);
        if (profiles.stream().map(ProfileCapability::profile).distinct().count() != profiles.size()) {
            throw new IllegalArgumentException("GPU %s lists a profile twice: %s; each may be listed once"
                    .formatted(
                            uuid,
                            profiles.stream().map(ProfileCapability::profile).toList()));
        }
        blocked = blocked.stream().sorted().distinct().toList();
        idle = List.copyOf(idle);
    }

    /** Returns the number of placement units of the board; 0 if it offers no profile. */
    public int units() {
        return profiles.stream()
                .flatMap(profile -> profile.placements().stream())
                .mapToInt(Placement::end)
                .max()
                .orElse(0);
    }

    /** Returns what the board offers under exactly this name, if anything. */
    public Optional<ProfileCapability> profile(MigProfile profile) {
        return profiles.stream().filter(p -> p.profile().equals(profile)).findFirst();
    }

    /**
     * Returns what the board offers under a name that may differ from the driver's; see
     * {@link ProfileCapability#resolve}.
     */
    public Optional<ProfileCapability> resolve(MigProfile named) {
        return ProfileCapability.resolve(named, profiles);
    }
}
