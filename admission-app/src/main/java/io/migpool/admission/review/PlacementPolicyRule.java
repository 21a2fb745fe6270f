package io.migpool.admission.review;

import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.policy.PolicyChoice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Warns about policies and weights in a pod's annotations that the extender will ignore, or that keep it from placing
 * the pod. Refuses a pod whose constraints on GPUs are too long to be read.
 */
final class PlacementPolicyRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        Map<String, String> annotations = new HashMap<>();
        pod.annotations()
                .properties()
                .forEach(entry ->
                        annotations.put(entry.getKey(), entry.getValue().asText("")));
        PolicyChoice choice = PolicyChoice.fromAnnotations(annotations);
        List<String> warnings = new ArrayList<>();
        choice.ignored().forEach(sentence -> warnings.addAll(Warnings.of(sentence)));
        choice.misunderstood()
                .ifPresent(
                        sentence -> warnings.addAll(Warnings.of(sentence + "; until then the pod is not scheduled")));
        List<Denial> denials = PodConstraints.fromAnnotations(annotations).misunderstood().stream()
                .map(sentence -> new Denial(Denial.Code.INVALID, sentence))
                .toList();
        return new Opinion(List.of(), warnings, denials);
    }
}
