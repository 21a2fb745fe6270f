package io.migpool.admission.review;

import io.migpool.contracts.wire.Annotations;
import java.util.List;
import java.util.stream.Stream;

/**
 * Removes the annotations and the label of a reservation from a pod that has no reservation yet. They come with
 * restored backups and copied manifests, and would be trusted once the pod is bound.
 */
final class ReservedAnnotationsRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return Stream.concat(
                        removals(pod, "annotations", "annotation", Annotations.RESERVED_ON_PODS),
                        removals(pod, "labels", "label", List.of(Annotations.VGPU_NODE_LABEL)))
                .reduce(Opinion.NONE, Opinion::and);
    }

    private static Stream<Opinion> removals(PodUnderReview pod, String field, String word, List<String> keys) {
        return keys.stream()
                .filter(pod.json().path("metadata").path(field)::has)
                .map(key -> new Opinion(
                        List.of(new Edit.Drop(List.of("metadata", field, key))),
                        Warnings.of(word + " " + key + " removed: only the scheduler and the node agent may set it"),
                        List.of()));
    }
}
