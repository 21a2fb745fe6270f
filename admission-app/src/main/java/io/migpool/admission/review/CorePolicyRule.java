package io.migpool.admission.review;

import java.util.Set;

/** Passes the cluster's policy to the compute limiter in each GPU container, unless it is the limiter's own default. */
final class CorePolicyRule implements Rule {

    private static final String VARIABLE = "GPU_CORE_UTILIZATION_POLICY";
    private static final Set<String> TOLD = Set.of("force", "disable");

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        String corePolicy = policy.gpuCorePolicy();
        if (!TOLD.contains(corePolicy)) {
            return Opinion.NONE;
        }
        return pod.gpuContainers().stream()
                .map(container -> Opinion.change(new Edit.PutEnvironment(container.path(), VARIABLE, corePolicy)))
                .reduce(Opinion.NONE, Opinion::and);
    }
}
