package io.migpool.admission.review;

import io.migpool.contracts.policy.CorePolicy;

/** Passes the cluster's policy to the compute limiter in each GPU container, unless it is the limiter's own default. */
final class CorePolicyRule implements Rule {

    private static final String VARIABLE = "GPU_CORE_UTILIZATION_POLICY";

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        if (policy.gpuCorePolicy() == CorePolicy.DEFAULT) {
            return Opinion.NONE;
        }
        return pod.gpuContainers().stream()
                .map(container -> Opinion.change(new Edit.PutEnvironment(
                        container.path(), VARIABLE, policy.gpuCorePolicy().wireName())))
                .reduce(Opinion.NONE, Opinion::and);
    }
}
