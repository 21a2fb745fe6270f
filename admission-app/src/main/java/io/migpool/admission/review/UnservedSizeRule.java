package io.migpool.admission.review;

import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;

/**
 * Reports requests that no GPU could hold. If the present pool cannot serve a request, the pod gets a warning, because
 * a node may be added; it is refused only if no known board could.
 */
final class UnservedSizeRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return pod.requests().stream()
                .map(request -> opinion(pod, request, policy))
                .reduce(Opinion.NONE, Opinion::and);
    }

    private static Opinion opinion(PodUnderReview pod, ContainerGpuRequest request, ReviewPolicy policy) {
        Pool pool = policy.pool();
        if (pool.hasNodeFor(request, pod::accepts)) {
            return Opinion.NONE;
        }
        long largestHere = pool.kinds()
                .filter(pod::accepts)
                .mapToLong(GpuKind::largestMiB)
                .max()
                .orElse(0);
        long largest = Math.max(largestHere, pool.largestMiB());
        if (request.memory() instanceof MemoryRequest.MiB(long asked) && asked > largest) {
            return Opinion.deny(
                    Denial.Code.INVALID,
                    "container %s: %s means %d MiB per device, but no known board has more than %d MiB; ask for less"
                            .formatted(request.container(), policy.resources().memory(), asked, largest));
        }
        return pool.isKnown() ? Opinion.warn(warning(request, largestHere)) : Opinion.NONE;
    }

    private static String warning(ContainerGpuRequest request, long largestHere) {
        if (request.memory() instanceof MemoryRequest.MiB(long asked) && asked > largestHere) {
            return "container %s: asks for %d MiB, but the largest GPU it may use has %d MiB; the pod will wait"
                    .formatted(request.container(), asked, largestHere);
        }
        return "container %s: no node has %d devices with %s; the pod will wait for one"
                .formatted(
                        request.container(),
                        request.devices(),
                        request.memory()
                                + (request.instanceCores() == 0 ? "" : " and " + request.instanceCores() + " % cores"));
    }
}
