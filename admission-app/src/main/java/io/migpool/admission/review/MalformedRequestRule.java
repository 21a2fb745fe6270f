package io.migpool.admission.review;

import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.request.RequestProblem;

/** Refuses a pod whose GPU request is invalid, listing every problem at once. */
final class MalformedRequestRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return switch (pod.outcome()) {
            case RequestOutcome.Rejected(var problems) ->
                problems.stream()
                        .map(RequestProblem::message)
                        .map(message -> Opinion.deny(Denial.Code.INVALID, message))
                        .reduce(Opinion.NONE, Opinion::and);
            case RequestOutcome.Accepted accepted -> Opinion.NONE;
            case RequestOutcome.NoRequest none -> Opinion.NONE;
        };
    }
}
