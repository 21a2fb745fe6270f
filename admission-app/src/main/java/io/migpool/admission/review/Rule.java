package io.migpool.admission.review;

import java.util.List;

/** One thing that admission looks after. Rules know nothing of each other; each sees the pod as the user sent it. */
@FunctionalInterface
interface Rule {

    /**
     * What this rule thinks of a pod.
     *
     * @param pod the pod as it was sent
     * @param policy the settings of this review
     */
    Opinion review(PodUnderReview pod, ReviewPolicy policy);

    /** A rule that holds all of these, in order. */
    static Rule all(List<Rule> rules) {
        List<Rule> copy = List.copyOf(rules);
        return (pod, policy) ->
                copy.stream().map(rule -> rule.review(pod, policy)).reduce(Opinion.NONE, Opinion::and);
    }
}
