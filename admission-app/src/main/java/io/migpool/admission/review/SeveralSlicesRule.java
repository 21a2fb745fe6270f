package io.migpool.admission.review;

import io.migpool.contracts.mig.GpuMode;

/** Warns about several MIG instances in one container: a CUDA process enumerates only one of them. */
final class SeveralSlicesRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return pod.requests().stream()
                .filter(request -> request.devices() > 1)
                .filter(request -> policy.pool()
                        .kinds()
                        .filter(pod::accepts)
                        .anyMatch(kind -> kind.mode() == GpuMode.MIG && kind.capacity(request) > 0))
                .map(request -> Opinion.warn("container %s: on MIG GPUs one CUDA process sees only 1 of its %d slices"
                        .formatted(request.container(), request.devices())))
                .reduce(Opinion.NONE, Opinion::and);
    }
}
