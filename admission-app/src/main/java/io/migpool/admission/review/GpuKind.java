package io.migpool.admission.review;

import io.migpool.contracts.mig.BoardProfiles;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A kind of GPU: GPUs that offer the same.
 *
 * @param mode how they are shared
 * @param memoryMiB memory of one GPU that pods may be given, in MiB
 * @param corePercent compute of one GPU that pods may be given, in percent
 * @param board what the driver offers on one GPU; {@link BoardProfiles#NONE} unless {@code mode} is {@link GpuMode#MIG}
 * @param allowed those of its profiles that configuration allows
 */
public record GpuKind(
        GpuMode mode, long memoryMiB, int corePercent, BoardProfiles board, Set<ProfileCapability> allowed) {

    private static final int PERCENT = 100;

    public GpuKind {
        allowed = allowed.stream()
                .filter(profile -> !profile.profile().sharesGpuInstance())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns the most memory that one device of a pod can have here, in MiB. */
    long largestMiB() {
        return mode == GpuMode.MIG
                ? allowed.stream()
                        .mapToLong(ProfileCapability::nominalMiB)
                        .max()
                        .orElse(0)
                : memoryMiB;
    }

    /** Returns how many devices for a container fit on an empty GPU of this kind; 0 if their size is not served. */
    int capacity(ContainerGpuRequest request) {
        if (mode == GpuMode.MIG) {
            return serving(request).map(ProfileCapability::maxInstances).orElse(0);
        }
        return memoryMiB(request.memory()) <= memoryMiB && request.cores() <= corePercent ? 1 : 0;
    }

    /** Returns the profile that a container's device gets on an empty MIG GPU. */
    Optional<ProfileCapability> serving(ContainerGpuRequest request) {
        return serving(request.memory(), request.instanceCores());
    }

    /** Returns the profile that the device would get if only memory were asked for. */
    Optional<ProfileCapability> servingMemory(ContainerGpuRequest request) {
        return serving(request.memory(), 0);
    }

    /** Returns the profile that a device gets on an empty MIG GPU, if it needs this memory and this much compute. */
    Optional<ProfileCapability> serving(MemoryRequest memory, int cores) {
        return board.serving(List.of(memory), cores, allowed::contains).stream().findFirst();
    }

    /** Returns a profile with the most memory of those that have less than this one, and the compute asked for. */
    Optional<ProfileCapability> below(ProfileCapability profile, ContainerGpuRequest request) {
        return allowed.stream()
                .filter(smaller -> smaller.nominalMiB() < profile.nominalMiB())
                .filter(smaller -> request.instanceCores() <= board.mostCores(smaller))
                .max(Comparator.comparingLong(ProfileCapability::nominalMiB).thenComparingInt(ProfileCapability::size));
    }

    private long memoryMiB(MemoryRequest memory) {
        return switch (memory) {
            case MemoryRequest.MiB(long amount) -> amount;
            case MemoryRequest.Percentage(int percent) -> memoryMiB * percent / PERCENT;
            case MemoryRequest.WholeGpu() -> memoryMiB;
        };
    }
}
