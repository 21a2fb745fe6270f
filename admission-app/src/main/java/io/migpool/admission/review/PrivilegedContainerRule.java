package io.migpool.admission.review;

/**
 * Refuses privileged containers in a GPU pod: they see every GPU of the node, so a slice would not confine them. As in
 * HAMi, this applies to all containers of the pod, with or without a request of their own.
 */
final class PrivilegedContainerRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return pod.containers().stream()
                .filter(container -> container
                        .json()
                        .path("securityContext")
                        .path("privileged")
                        .asBoolean(false))
                .map(container -> Opinion.deny(
                        Denial.Code.FORBIDDEN,
                        ("container %s: securityContext.privileged is true, so it would see every GPU of the node; "
                                        + "remove it, or move the container into a pod without a GPU request")
                                .formatted(container.name())))
                .reduce(Opinion.NONE, Opinion::and);
    }
}
