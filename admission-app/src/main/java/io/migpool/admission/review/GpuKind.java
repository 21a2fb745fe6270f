package io.migpool.admission.review;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A kind of GPU: GPUs that offer the same.
 *
 * @param mode how they are shared
 * @param memoryMiB memory of one GPU that pods may be given, in MiB
 * @param corePercent compute of one GPU that pods may be given, in percent
 * @param units placement units of one GPU; 0 unless {@code mode} is {@link GpuMode#MIG}
 * @param profiles profiles that configuration allows on one GPU; empty unless {@code mode} is {@link GpuMode#MIG}
 */
public record GpuKind(GpuMode mode, long memoryMiB, int corePercent, int units, List<ProfileCapability> profiles) {

    private static final int PERCENT = 100;
    private static final Comparator<ProfileCapability> SMALLEST_FIRST = Comparator.comparingInt(ProfileCapability::size)
            .thenComparingInt(ProfileCapability::sliceCount)
            .thenComparingLong(ProfileCapability::nominalMiB)
            .thenComparing(profile -> !profile.profile().isPlain());

    public GpuKind {
        profiles = profiles.stream()
                .filter(profile -> !profile.profile().sharesGpuInstance())
                .sorted(SMALLEST_FIRST)
                .toList();
    }

    /** Returns the most memory that one device of a pod can have here, in MiB. */
    long largestMiB() {
        return mode == GpuMode.MIG
                ? profiles.stream()
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

    /** Returns the profile that a container's device gets on an empty MIG GPU: the smallest that is large enough. */
    Optional<ProfileCapability> serving(ContainerGpuRequest request) {
        return profiles.stream()
                .filter(profile -> request.instanceCores() <= profile.corePercent() && fits(request.memory(), profile))
                .findFirst();
    }

    /** Returns the largest profile with less memory than this one. */
    Optional<ProfileCapability> below(ProfileCapability profile) {
        return profiles.stream()
                .filter(smaller -> smaller.nominalMiB() < profile.nominalMiB())
                .max(Comparator.comparingLong(ProfileCapability::nominalMiB)
                        .thenComparingInt(ProfileCapability::corePercent));
    }

    private boolean fits(MemoryRequest memory, ProfileCapability profile) {
        return switch (memory) {
            case MemoryRequest.MiB(long amount) -> amount <= profile.nominalMiB();
            case MemoryRequest.Percentage(int percent) -> profile.size() * PERCENT >= percent * units;
            case MemoryRequest.WholeGpu() -> profile.size() == units;
        };
    }

    private long memoryMiB(MemoryRequest memory) {
        return switch (memory) {
            case MemoryRequest.MiB(long amount) -> amount;
            case MemoryRequest.Percentage(int percent) -> memoryMiB * percent / PERCENT;
            case MemoryRequest.WholeGpu() -> memoryMiB;
        };
    }
}
