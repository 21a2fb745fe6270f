package io.migpool.admission.review;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import java.util.Comparator;
import java.util.List;

/**
 * Warns about a requested size that a profile has only by its name: on some boards an instance has a tenth less. Only
 * if every slice of its size does, since one that has enough is preferred.
 */
final class ShortSliceRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        List<GpuKind> kinds = policy.pool().kinds().filter(pod::accepts).toList();
        return pod.requests().stream().map(request -> opinion(request, kinds)).reduce(Opinion.NONE, Opinion::and);
    }

    private static Opinion opinion(ContainerGpuRequest request, List<GpuKind> kinds) {
        boolean shared = kinds.stream().anyMatch(kind -> kind.mode() != GpuMode.MIG && kind.capacity(request) > 0);
        if (shared || !(request.memory() instanceof MemoryRequest.MiB(long asked))) {
            return Opinion.NONE;
        }
        List<ProfileCapability> serving =
                kinds.stream().flatMap(kind -> kind.serving(request).stream()).toList();
        if (!serving.stream().allMatch(profile -> profile.fallsFarShortOf(asked))) {
            return Opinion.NONE;
        }
        return serving.stream()
                .max(Comparator.comparingLong(ProfileCapability::memoryMiB))
                .map(profile -> Opinion.warn("container %s: %d MiB takes a %s, which really has %d MiB"
                        .formatted(request.container(), asked, profile.profile(), profile.memoryMiB())))
                .orElse(Opinion.NONE);
    }
}
