package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.contracts.request.GpuRequestParser;
import java.util.List;
import java.util.stream.Stream;

/** Reviews one pod, or a pod template: runs the rules and turns their results into a decision. */
final class PodReviewer {

    private static final Rule EVERY_POD = new HiddenGpusRule();
    private static final Rule RESERVED = new ReservedAnnotationsRule();
    private static final Rule GPU_POD = Rule.all(List.of(
            new MalformedRequestRule(),
            new PrivilegedContainerRule(),
            new NamedDevicesRule(),
            new AssignedNodeRule(),
            new UnservedSizeRule(),
            new QuotaRule(),
            RESERVED,
            new OversizedSliceRule(),
            new ShortSliceRule(),
            new SeveralSlicesRule(),
            new UnknownResourceRule(),
            new DeviceCountRule(),
            new PlacementPolicyRule(),
            new SchedulerNameRule(),
            new RuntimeClassRule(),
            new TaskPriorityRule(),
            new CorePolicyRule(),
            EVERY_POD));

    private PodReviewer() {}

    /**
     * Decides on a pod under the settings of this moment.
     *
     * @param json the pod
     * @param namespace namespace in which it is created
     * @param policy the settings
     */
    static Decision review(JsonNode json, String namespace, ReviewPolicy policy) {
        boolean ours = isOurs(json, policy);
        PodUnderReview pod;
        try {
            pod = read(json, namespace, policy);
        } catch (UnreadablePodException e) {
            return ours
                    ? new Decision.Denied(List.of(new Denial(Denial.Code.BAD_REQUEST, e.sentence())), List.of())
                    : new Decision.Untouched();
        }
        Opinion opinion = opinion(pod, ours, policy);
        if (!opinion.denials().isEmpty()) {
            return new Decision.Denied(opinion.denials(), opinion.warnings());
        }
        return (ours && pod.wantsGpu()) || !opinion.edits().isEmpty()
                ? new Decision.Admitted(JsonPatch.of(json, opinion.edits()), opinion.warnings())
                : new Decision.Untouched();
    }

    /**
     * Returns what a review of the template's pods would say, as warnings; the template itself is never changed or
     * refused.
     *
     * @param template metadata and spec of the pods to come
     * @param namespace namespace in which they will be created
     * @param policy the settings
     */
    static List<String> advise(JsonNode template, String namespace, ReviewPolicy policy) {
        PodUnderReview pod;
        try {
            pod = read(template, namespace, policy);
        } catch (UnreadablePodException e) {
            return List.of();
        }
        if (!pod.wantsGpu()) {
            return List.of();
        }
        Opinion opinion = opinion(pod, isOurs(template, policy), policy);
        return Stream.concat(
                        opinion.denials().stream()
                                .flatMap(denial ->
                                        Warnings.of("its pods will be refused: " + denial.message()).stream()),
                        opinion.warnings().stream())
                .toList();
    }

    private static boolean isOurs(JsonNode pod, ReviewPolicy policy) {
        return policy.covers(pod.path("spec").path("schedulerName").asText(""));
    }

    private static PodUnderReview read(JsonNode json, String namespace, ReviewPolicy policy)
            throws UnreadablePodException {
        return PodUnderReview.read(json, namespace, new GpuRequestParser(policy.resources(), policy.defaults()));
    }

    /** Runs the rules. Pods of other schedulers only lose annotations that would be trusted. */
    private static Opinion opinion(PodUnderReview pod, boolean ours, ReviewPolicy policy) {
        if (!ours) {
            return pod.wantsGpu() ? RESERVED.review(pod, policy) : Opinion.NONE;
        }
        return (pod.wantsGpu() ? GPU_POD : EVERY_POD).review(pod, policy);
    }
}
