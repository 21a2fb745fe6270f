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
 * little less memory or compute would often do. A pod may get a slice wherever one is free, so a user who wants exactly
 * that size has to ask for a software-shared GPU.
 */
final class OversizedSliceRule implements Rule {

    private static final int PERCENT = 100;

    /**
     * The profile that one kind of GPU gives for a request.
     *
     * @param given its size, in MiB or percent as in the request
     * @param asked the size asked for
     */
    private record ServingProfile(GpuKind kind, ProfileCapability profile, long given, long asked) {

        boolean isMuchLarger() {
            return given * 2 >= asked * 3;
        }
    }

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        List<GpuKind> kinds = policy.pool().kinds().filter(pod::accepts).toList();
        return pod.requests().stream()
                .map(request -> opinion(request, kinds, policy.resources().cores()))
                .reduce(Opinion.NONE, Opinion::and);
    }

    private static Opinion opinion(ContainerGpuRequest request, List<GpuKind> kinds, String coresResource) {
        boolean shared = kinds.stream().anyMatch(kind -> kind.mode() != GpuMode.MIG && kind.capacity(request) > 0);
        return kinds.stream()
                .flatMap(kind -> kind.serving(request).flatMap(profile -> sized(request, kind, profile)).stream())
                .min(Comparator.comparingLong(ServingProfile::given))
                .filter(ServingProfile::isMuchLarger)
                .map(serving -> Opinion.warn(sentence(request, serving, shared, coresResource)))
                .orElse(Opinion.NONE);
    }

    /** Returns empty for a whole GPU, which is as large as it is. */
    private static Optional<ServingProfile> sized(
            ContainerGpuRequest request, GpuKind kind, ProfileCapability profile) {
        return switch (request.memory()) {
            case MemoryRequest.MiB(long amount) ->
                Optional.of(new ServingProfile(kind, profile, profile.nominalMiB(), amount));
            case MemoryRequest.Percentage(int percent) ->
                Optional.of(new ServingProfile(kind, profile, percentOf(profile, kind), percent));
            case MemoryRequest.WholeGpu() -> Optional.empty();
        };
    }

    private static long percentOf(ProfileCapability profile, GpuKind kind) {
        return (long) PERCENT * profile.size() / kind.board().units();
    }

    private static String sentence(
            ContainerGpuRequest request, ServingProfile serving, boolean shared, String coresResource) {
        return "container %s: %s takes a %s of %s%s%s"
                .formatted(
                        request.container(),
                        request.memory(),
                        serving.profile().profile(),
                        amount(request, serving.profile(), serving.kind()),
                        remedy(request, serving, coresResource),
                        shared ? "; with nvidia.com/vgpu-mode: hami-core it takes exactly that" : "");
    }

    private static String remedy(ContainerGpuRequest request, ServingProfile serving, String coresResource) {
        Optional<ProfileCapability> byMemory = serving.kind().servingMemory(request);
        if (byMemory.isPresent() && byMemory.get().size() < serving.profile().size()) {
            int most = serving.kind().board().mostCores(byMemory.get());
            return " because of %s: %d; up to %d would fit %s"
                    .formatted(
                            coresResource,
                            request.instanceCores(),
                            most,
                            byMemory.get().profile());
        }
        return serving.kind()
                .below(serving.profile(), request)
                .map(smaller -> amount(request, smaller, serving.kind()))
                .flatMap(less -> serving.kind()
                        .serving(less, request.instanceCores())
                        .map(profile -> "; %s would fit %s".formatted(less, profile.profile())))
                .orElse("");
    }

    /** Returns all that a profile has, counted as the request counts. */
    private static MemoryRequest amount(ContainerGpuRequest request, ProfileCapability profile, GpuKind kind) {
        return request.memory() instanceof MemoryRequest.MiB
                ? new MemoryRequest.MiB(profile.nominalMiB())
                : new MemoryRequest.Percentage(Math.toIntExact(percentOf(profile, kind)));
    }
}
