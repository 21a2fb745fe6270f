package io.migpool.admission.review;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.admission.review.ReviewAnswer.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Answers AdmissionReviews of {@code admission.k8s.io/v1}. Every body gets a defined answer: pods being created are
 * reviewed, templates of pods are allowed with warnings about their pods, other objects and operations are allowed
 * untouched, and a body that is not a review gets an error that says why. Thread-safe.
 */
public final class AdmissionReviewer {

    /** Pods nest about 15 deep, managed fields included; a limit keeps hostile bodies off the stack. */
    private static final int DEEPEST = 100;

    /**
     * A pod with many containers has a few thousand tokens. An empty object is one of the densest tokens and takes
     * about 50 bytes of heap; with this limit, the worst body takes a few times the heap of a large text, not fifty
     * times its own size.
     */
    private static final int MOST_TOKENS = 250_000;

    private final Supplier<Optional<ReviewPolicy>> policy;
    private final JsonMapper json = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .maxTokenCount(MOST_TOKENS)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * Creates a reviewer.
     *
     * @param policy supplies the present settings, at most once per review; empty while they are unknown, when no
     *     review is decided
     */
    public AdmissionReviewer(Supplier<Optional<ReviewPolicy>> policy) {
        this.policy = policy;
    }

    /**
     * Reviews one body.
     *
     * @param body JSON as the API server sends it
     */
    public ReviewAnswer review(byte[] body) {
        return review(body, body.length);
    }

    /**
     * Reviews the body in a larger array.
     *
     * @param bytes an array that begins with JSON as the API server sends it
     * @param length length of the body in bytes
     */
    public ReviewAnswer review(byte[] bytes, int length) {
        try {
            ReviewRequest request = ReviewRequest.of(parse(bytes, length));
            return policy.get()
                    .map(known -> answer(request, decide(request, known)))
                    .orElseGet(() -> undecided(request.uid()));
        } catch (UnreadableReviewException e) {
            return failed(Outcome.UNREADABLE, Denial.Code.BAD_REQUEST, e.uid(), e.sentence());
        }
    }

    /**
     * Returns the answer to a body that is too large to be read.
     *
     * @param limitBytes the largest size that is read
     */
    public ReviewAnswer refuseOversized(int limitBytes) {
        return failed(
                Outcome.UNREADABLE,
                Denial.Code.TOO_LARGE,
                "",
                "the body is larger than %d bytes; the API server itself accepts no object of that size"
                        .formatted(limitBytes));
    }

    /** Returns the answer to a body for which there is no room at the moment. */
    public ReviewAnswer refuseCrowded() {
        return failed(
                Outcome.UNDECIDED,
                Denial.Code.UNAVAILABLE,
                "",
                "too many large bodies are being read at once, or this one arrived too slowly; try again in a moment");
    }

    private JsonNode parse(byte[] bytes, int length) throws UnreadableReviewException {
        try {
            return json.readTree(bytes, 0, length);
        } catch (JsonProcessingException e) {
            throw new UnreadableReviewException("", "the body cannot be read as JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a failed call instead of an answer: the webhook's failure policy decides which pods that blocks. */
    private ReviewAnswer undecided(String uid) {
        return failed(
                Outcome.UNDECIDED,
                Denial.Code.UNAVAILABLE,
                uid,
                "MigPool's webhook has seen no valid device-config.yaml since it started, so it does not know how the GPU"
                        + " resources are named; fix the ConfigMap, its Events say what is wrong");
    }

    private Decision decide(ReviewRequest request, ReviewPolicy policy) {
        if (!request.createsPod()) {
            return PodTemplates.changedBy(request)
                    .map(template -> advise(template, request.namespace(), policy))
                    .orElseGet(Decision.Untouched::new);
        }
        if (!request.object().isObject()) {
            return new Decision.Denied(
                    List.of(new Denial(
                            Denial.Code.BAD_REQUEST,
                            "request.object is missing or not an object; it must be the pod to create")),
                    List.of());
        }
        return PodReviewer.review(request.object(), request.namespace(), policy);
    }

    private Decision advise(JsonNode template, String namespace, ReviewPolicy policy) {
        List<String> warnings = PodReviewer.advise(template, namespace, policy);
        return warnings.isEmpty() ? new Decision.Untouched() : new Decision.Admitted(json.createArrayNode(), warnings);
    }

    private ReviewAnswer answer(ReviewRequest request, Decision decision) {
        ObjectNode review = json.createObjectNode()
                .put("apiVersion", ReviewRequest.API_VERSION)
                .put("kind", ReviewRequest.KIND);
        ObjectNode response = review.putObject("response").put("uid", request.uid());
        Outcome outcome =
                switch (decision) {
                    case Decision.Untouched untouched -> {
                        response.put("allowed", true);
                        yield Outcome.UNTOUCHED;
                    }
                    case Decision.Admitted admitted -> {
                        response.put("allowed", true);
                        warn(response, admitted.warnings());
                        if (admitted.patch().isEmpty()) {
                            yield Outcome.ALLOWED;
                        }
                        response.put("patchType", "JSONPatch").put("patch", bytes(admitted.patch()));
                        yield Outcome.PATCHED;
                    }
                    case Decision.Denied denied -> {
                        Denial.Code code = denied.denials().getFirst().code();
                        response.put("allowed", false)
                                .putObject("status")
                                .put("status", "Failure")
                                .put("code", code.status())
                                .put("reason", code.reason())
                                .put(
                                        "message",
                                        denied.denials().stream()
                                                .map(Denial::message)
                                                .collect(Collectors.joining("; ")));
                        warn(response, denied.warnings());
                        yield Outcome.DENIED;
                    }
                };
        return new ReviewAnswer(200, outcome, bytes(review));
    }

    private ReviewAnswer failed(Outcome outcome, Denial.Code code, String uid, String message) {
        ObjectNode status = json.createObjectNode()
                .put("apiVersion", "v1")
                .put("kind", "Status")
                .put("status", "Failure")
                .put("code", code.status())
                .put("reason", code.reason())
                .put("message", message);
        if (!uid.isEmpty()) {
            status.putObject("details").put("uid", uid);
        }
        return new ReviewAnswer(code.status(), outcome, bytes(status));
    }

    private static void warn(ObjectNode response, List<String> warnings) {
        if (!warnings.isEmpty()) {
            warnings.forEach(response.putArray("warnings")::add);
        }
    }

    private byte[] bytes(JsonNode node) {
        try {
            return json.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
