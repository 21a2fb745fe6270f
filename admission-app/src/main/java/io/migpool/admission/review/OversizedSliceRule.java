package io.migpool.admission.review;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Warns about a requested size whose MIG profile is at least half as large again: slices come in few sizes, and a
 * little less would often do. A pod may get a slice wherever one is free, so a user who wants exactly that size has to
 * ask for a software-shared GPU.
 */
final class OversizedSliceRule implements Rule {

    /** The profile that one kind of GPU gives for a request. */
    private record ServingProfile(GpuKind kind, ProfileCapability profile) {}

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        List<GpuKind> kinds = policy.pool().kinds().filter(pod::accepts).toList();
        return pod.requests().stream().map(request -> opinion(request, kinds)).reduce(Opinion.NONE, Opinion::and);
    }

    private static Opinion opinion(ContainerGpuRequest request, List<GpuKind> kinds) {
        boolean shared = kinds.stream().anyMatch(kind -> kind.mode() != GpuMode.MIG && kind.capacity(request) > 0);
        if (!(request.memory() instanceof MemoryRequest.MiB(long asked))) {
            return Opinion.NONE;
        }
        Optional<ServingProfile> smallest = kinds.stream()
                .flatMap(kind -> kind.serving(request).map(profile -> new ServingProfile(kind, profile)).stream())
                .min(Comparator.comparingLong(serving -> serving.profile().nominalMiB()));
        return smallest.filter(serving -> serving.profile().nominalMiB() * 2 >= asked * 3)
                .map(serving -> Opinion.warn(sentence(request, asked, serving, shared)))
                .orElse(Opinion.NONE);
    }

    private static String sentence(ContainerGpuRequest request, long asked, ServingProfile serving, boolean shared) {
        ProfileCapability taken = serving.profile();
        String smaller = serving.kind()
                .below(taken)
                .filter(profile -> request.instanceCores() <= profile.corePercent())
                .map(profile -> "; %d MiB would fit %s".formatted(profile.nominalMiB(), profile.profile()))
                .orElse("");
        String exact = shared ? "; with nvidia.com/vgpu-mode: hami-core it takes exactly that" : "";
        return "container %s: %d MiB takes a %s of %d MiB%s%s"
                .formatted(request.container(), asked, taken.profile(), taken.nominalMiB(), smaller, exact);
    }
}
