package io.migpool.admission.review;

import io.migpool.contracts.wire.Annotations;
import java.util.List;

/**
 * Removes annotations that speak of a reservation from a pod that has none yet. They come along with restored backups
 * and copied manifests, and would be believed once the pod is bound.
 */
final class ReservedAnnotationsRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return Annotations.RESERVED_ON_PODS.stream()
                .filter(pod.annotations()::has)
                .map(key -> new Opinion(
                        List.of(new Edit.Drop(List.of("metadata", "annotations", key))),
                        Warnings.of("annotation " + key + " removed: only the scheduler and the node agent may set it"),
                        List.of()))
                .reduce(Opinion.NONE, Opinion::and);
    }
}
