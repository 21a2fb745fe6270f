package io.migpool.admission.review;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.DeviceReuse;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.request.QuotaLimits;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Refuses a pod that on its own requests more than a quota of its namespace allows: it could never run. The usage of
 * other pods is left to the scheduler, where a pod can wait, as are sizes that depend on the GPU (percentages, whole
 * GPUs).
 */
final class QuotaRule implements Rule {

    /** Far beyond any quota, yet small enough to be added up without overflow. */
    private static final long MORE_THAN_ANY_MIB = 1L << 40;

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        Map<String, QuotaLimits> quotas = new TreeMap<>(policy.pool().quotasOf(pod.namespace()));
        if (quotas.isEmpty()) {
            return Opinion.NONE;
        }
        List<GpuKind> kinds = policy.pool().kinds().filter(pod::accepts).toList();
        long memoryMiB = charged(pod, request -> memoryMiB(request, kinds));
        long cores = charged(pod, request -> cores(request, kinds));
        return quotas.entrySet().stream()
                .map(quota -> opinion(
                                quota.getKey(),
                                policy.resources().memory(),
                                quota.getValue().memoryMiB(),
                                memoryMiB,
                                " MiB")
                        .and(opinion(
                                quota.getKey(),
                                policy.resources().cores(),
                                quota.getValue().cores(),
                                cores,
                                " %")))
                .reduce(Opinion.NONE, Opinion::and);
    }

    /** Returns what the pod's devices count together: each is as large as the largest request that it must serve. */
    private static long charged(PodUnderReview pod, ToLongFunction<ContainerGpuRequest> perDevice) {
        return DeviceReuse.devices(pod.requests()).stream()
                .mapToLong(device ->
                        device.served().stream().mapToLong(perDevice).max().orElse(0))
                .sum();
    }

    /**
     * Returns the memory charged: what the pod gets. A profile may have a little less than the size in its name, up to
     * which pods may ask.
     */
    private static long memoryMiB(ContainerGpuRequest request, List<GpuKind> kinds) {
        if (!(request.memory() instanceof MemoryRequest.MiB(long amount))) {
            return 0;
        }
        return kinds.stream()
                .flatMap(kind -> kind.serving(request).stream())
                .mapToLong(ProfileCapability::memoryMiB)
                .reduce(Math.min(amount, MORE_THAN_ANY_MIB), Math::min);
    }

    /**
     * Returns the compute charged. A default counts only where every GPU is shared in software; an instance is charged
     * with what it has, rounded down.
     */
    private static int cores(ContainerGpuRequest request, List<GpuKind> kinds) {
        if (!kinds.isEmpty() && kinds.stream().noneMatch(kind -> kind.mode() == GpuMode.MIG)) {
            return request.cores();
        }
        return kinds.stream()
                .flatMap(kind -> kind.serving(request).stream())
                .mapToInt(profile -> ProfileCapability.chargedPercent(profile.corePercent()))
                .reduce(request.instanceCores(), Math::min);
    }

    private static Opinion opinion(String quota, String resource, OptionalLong limit, long asked, String unit) {
        return limit.isEmpty() || asked <= limit.getAsLong()
                ? Opinion.NONE
                : Opinion.deny(
                        Denial.Code.FORBIDDEN,
                        "ResourceQuota %s allows %d%s of limits.%s, but the pod alone asks for %d%s; ask for less"
                                .formatted(quota, limit.getAsLong(), unit, resource, asked, unit));
    }
}
