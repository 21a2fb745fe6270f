package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The request part of an {@code admission.k8s.io/v1} AdmissionReview.
 *
 * @param uid identifies the review; the answer repeats it
 * @param json the request as it was sent
 */
record ReviewRequest(String uid, JsonNode json) {

    static final String API_VERSION = "admission.k8s.io/v1";
    static final String KIND = "AdmissionReview";

    /**
     * Returns the request of a review.
     *
     * @param review the whole body
     * @throws UnreadableReviewException if it is of another kind or version, or has no request with a uid
     */
    static ReviewRequest of(JsonNode review) throws UnreadableReviewException {
        JsonNode request = review.path("request");
        String uid = request.path("uid").isTextual() ? request.path("uid").asText() : "";
        String kind = review.path("kind").asText("");
        String apiVersion = review.path("apiVersion").asText("");
        if (!kind.equals(KIND) || !apiVersion.equals(API_VERSION)) {
            throw new UnreadableReviewException(
                    uid,
                    "apiVersion is \"%s\" and kind is \"%s\"; this webhook reads %s %s, so set admissionReviewVersions: [v1]"
                            .formatted(apiVersion, kind, API_VERSION, KIND));
        }
        if (uid.isEmpty()) {
            throw new UnreadableReviewException(
                    uid, "request.uid is missing or empty; every review has one, and the answer repeats it");
        }
        return new ReviewRequest(uid, request);
    }

    /** Returns whether a pod is being created. */
    boolean createsPod() {
        JsonNode kind = json.path("kind");
        return text("operation").equals("CREATE")
                && text("subResource").isEmpty()
                && kind.path("group").asText("").isEmpty()
                && kind.path("version").asText("").equals("v1")
                && kind.path("kind").asText("").equals("Pod");
    }

    /** Returns group and kind of the object, {@code apps/Deployment}; empty if the request is about a subresource. */
    String kind() {
        JsonNode kind = json.path("kind");
        return text("subResource").isEmpty()
                ? kind.path("group").asText("") + "/" + kind.path("kind").asText("")
                : "";
    }

    /** Returns the namespace of the object; empty if it has none. */
    String namespace() {
        return text("namespace");
    }

    JsonNode object() {
        return json.path("object");
    }

    private String text(String field) {
        return json.path(field).asText("");
    }
}
