package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.migpool.contracts.request.GpuRequestParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Pods and reviews for the tests of this package; JSON may use single quotes. */
final class ReviewFixtures {

    static final JsonMapper JSON = JsonMapper.builder().build();

    private ReviewFixtures() {}

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text.replace('\'', '"'));
    }

    /** Returns a pod with these limits in its only container. */
    static JsonNode podWithLimits(String limits) throws IOException {
        return json("{'spec': {'containers': [{'name': 'cuda', 'resources': {'limits': %s}}]}}".formatted(limits));
    }

    static PodUnderReview underReview(JsonNode pod, ReviewPolicy policy) throws UnreadablePodException {
        return PodUnderReview.read(pod, "team", new GpuRequestParser(policy.resources(), policy.defaults()));
    }

    /** Returns a rule's result for a pod under the default policy. */
    static Opinion opinion(Rule rule, JsonNode pod) throws UnreadablePodException {
        return opinion(rule, pod, ReviewPolicy.DEFAULT);
    }

    static Opinion opinion(Rule rule, JsonNode pod, ReviewPolicy policy) throws UnreadablePodException {
        return rule.review(underReview(pod, policy), policy);
    }

    /** Returns the patch operations that result from a rule's edits. */
    static ArrayNode patch(Rule rule, JsonNode pod) throws UnreadablePodException {
        return patch(rule, pod, ReviewPolicy.DEFAULT);
    }

    static ArrayNode patch(Rule rule, JsonNode pod, ReviewPolicy policy) throws UnreadablePodException {
        return io.migpool.admission.review.JsonPatch.of(
                pod, opinion(rule, pod, policy).edits());
    }

    /** Returns the AdmissionReview of a pod being created. */
    static byte[] creation(JsonNode pod) throws IOException {
        ObjectNode review = (ObjectNode) json(
                "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request': {'uid': 'u-1', 'operation': 'CREATE',"
                        + " 'kind': {'group': '', 'version': 'v1', 'kind': 'Pod'}}}");
        ((ObjectNode) review.get("request")).set("object", pod);
        return JSON.writeValueAsBytes(review);
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream stream = ReviewFixtures.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(stream, name).readAllBytes();
        }
    }

    static JsonNode body(ReviewAnswer answer) throws IOException {
        return JSON.readTree(answer.body());
    }

    static JsonNode response(ReviewAnswer answer) throws IOException {
        return body(answer).path("response");
    }

    static JsonNode patched(JsonNode pod, ReviewAnswer answer) throws IOException {
        return JsonPatch.apply(operations(answer), pod);
    }

    static JsonNode operations(ReviewAnswer answer) throws IOException {
        return JSON.readTree(new String(response(answer).path("patch").binaryValue(), StandardCharsets.UTF_8));
    }
}
