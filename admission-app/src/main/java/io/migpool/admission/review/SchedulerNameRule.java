package io.migpool.admission.review;

import java.util.List;

/** Assigns the pod to the scheduler that handles GPUs. */
final class SchedulerNameRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return policy.schedulerName().isEmpty()
                ? Opinion.NONE
                : Opinion.change(new Edit.Put(List.of("spec", "schedulerName"), policy.schedulerName()));
    }
}
