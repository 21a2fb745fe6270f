package io.migpool.admission.review;

import io.migpool.contracts.policy.PolicyChoice;
import java.util.HashMap;
import java.util.Map;

/**
 * Warns about policies and weights in a pod's annotations that the extender will ignore, or that keep it from placing
 * the pod.
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
        Opinion ignored = choice.ignored().stream().map(Opinion::warn).reduce(Opinion.NONE, Opinion::and);
        return choice.misunderstood()
                .map(sentence -> ignored.and(Opinion.warn(sentence + "; until then the pod is not scheduled")))
                .orElse(ignored);
    }
}
