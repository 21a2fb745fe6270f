package io.migpool.admission.review;

/**
 * If {@code overwriteEnv} is set, hides the node's GPUs from containers that did not request any: many images carry
 * {@code NVIDIA_VISIBLE_DEVICES=all}, which the NVIDIA runtime obeys.
 */
final class HiddenGpusRule implements Rule {

    private static final String VARIABLE = "NVIDIA_VISIBLE_DEVICES";

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        if (!policy.overwriteEnv()) {
            return Opinion.NONE;
        }
        var served = pod.gpuContainers();
        return pod.containers().stream()
                .filter(container -> !served.contains(container))
                .map(container -> Opinion.change(new Edit.PutEnvironment(container.path(), VARIABLE, "none")))
                .reduce(Opinion.NONE, Opinion::and);
    }
}
