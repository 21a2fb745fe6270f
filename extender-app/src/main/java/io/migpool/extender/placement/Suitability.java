package io.migpool.extender.placement;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.Reasons;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Which GPUs a pod may use, whatever is free on them. Looks at each model once. Not thread-safe. */
final class Suitability {

    private final PodConstraints constraints;
    private final Map<String, Optional<Reason>> byModel = new HashMap<>();

    Suitability(PodConstraints constraints) {
        this.constraints = constraints;
    }

    /** Returns why a GPU cannot be used now; empty if it can. */
    Optional<Reason> ineligible(GpuView gpu) {
        if (!gpu.inventory().healthy()) {
            return Optional.of(Reasons.unhealthy());
        }
        if (gpu.cordoned()) {
            return Optional.of(Reasons.cordoned());
        }
        return unsuitable(gpu);
    }

    /** Returns why a GPU does not suit the pod, in use or not; empty if it does. */
    Optional<Reason> unsuitable(GpuView gpu) {
        GpuMode mode = gpu.inventory().mode();
        boolean served = mode == GpuMode.MIG || mode == GpuMode.HAMI_CORE;
        if (!served || !mode.isAcceptedBy(constraints.modeText())) {
            return Optional.of(Reasons.mode(mode, constraints.modeText()));
        }
        Optional<Reason> type = byModel.computeIfAbsent(
                gpu.inventory().model(),
                model -> constraints.refusingModel(model).map(Reasons::type));
        return type.isPresent()
                ? type
                : constraints.refusingUuid(gpu.inventory().uuid()).map(Reasons::uuid);
    }
}
