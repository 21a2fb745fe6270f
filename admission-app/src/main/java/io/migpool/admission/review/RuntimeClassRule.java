package io.migpool.admission.review;

import java.util.List;

/** Gives a GPU pod the configured runtime class unless it names one. */
final class RuntimeClassRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return policy.runtimeClassName().isEmpty()
                        || !pod.spec("runtimeClassName").isEmpty()
                ? Opinion.NONE
                : Opinion.change(new Edit.Put(List.of("spec", "runtimeClassName"), policy.runtimeClassName()));
    }
}
