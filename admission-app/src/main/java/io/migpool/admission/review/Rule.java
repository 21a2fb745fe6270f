package io.migpool.admission.review;

import java.util.List;

/** One concern of admission. Rules are independent; each sees the pod as the user sent it. */
@FunctionalInterface
interface Rule {

    /**
     * Reviews a pod.
     *
     * @param pod the pod as it was sent
     * @param policy the settings of this review
     */
    Opinion review(PodUnderReview pod, ReviewPolicy policy);

    /** Combines rules, in order. */
    static Rule all(List<Rule> rules) {
        List<Rule> copy = List.copyOf(rules);
        return (pod, policy) ->
                copy.stream().map(rule -> rule.review(pod, policy)).reduce(Opinion.NONE, Opinion::and);
    }
}
