package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.contracts.request.GpuRequestParser;
import java.util.List;

/** Reviews one pod that is being created: composes the rules and turns their opinion into a decision. */
final class PodReviewer {

    private static final Rule EVERY_POD = new HiddenGpusRule();
    private static final Rule GPU_POD = Rule.all(List.of(
            new MalformedRequestRule(),
            new PrivilegedContainerRule(),
            new AssignedNodeRule(),
            new ReservedAnnotationsRule(),
            new DeviceCountRule(),
            new SchedulerNameRule(),
            new RuntimeClassRule(),
            new TaskPriorityRule(),
            new CorePolicyRule(),
            EVERY_POD));

    private PodReviewer() {}

    /** Decides on a pod under the settings of this moment. */
    static Decision review(JsonNode json, ReviewPolicy policy) {
        if (!policy.covers(json.path("spec").path("schedulerName").asText(""))) {
            return new Decision.Untouched();
        }
        PodUnderReview pod;
        try {
            pod = PodUnderReview.read(json, new GpuRequestParser(policy.resources(), policy.defaults()));
        } catch (UnreadablePodException e) {
            return new Decision.Denied(List.of(new Denial(Denial.Code.BAD_REQUEST, e.sentence())), List.of());
        }
        Opinion opinion = (pod.wantsGpu() ? GPU_POD : EVERY_POD).review(pod, policy);
        if (!opinion.denials().isEmpty()) {
            return new Decision.Denied(opinion.denials(), opinion.warnings());
        }
        return pod.wantsGpu() || !opinion.edits().isEmpty()
                ? new Decision.Admitted(JsonPatch.of(json, opinion.edits()), opinion.warnings())
                : new Decision.Untouched();
    }
}
