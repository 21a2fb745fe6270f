package io.migpool.admission.review;

/** Refuses a pod that names its node: no scheduler would see it, so nothing would reserve its GPUs. */
final class AssignedNodeRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        String node = pod.spec("nodeName");
        return node.isEmpty()
                ? Opinion.NONE
                : Opinion.deny(
                        Denial.Code.FORBIDDEN,
                        ("spec.nodeName is %s, which bypasses the scheduler that reserves GPUs; "
                                        + "use spec.nodeSelector with kubernetes.io/hostname: %s instead")
                                .formatted(node, node));
    }
}
