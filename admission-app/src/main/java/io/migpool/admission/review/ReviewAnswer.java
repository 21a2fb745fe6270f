package io.migpool.admission.review;

/**
 * The answer to one review.
 *
 * @param httpStatus 200 with an AdmissionReview for every review that could be read, whatever its outcome; 400 or 413 with a
 *     Kubernetes {@code Status} for a body that is no review, so that the API server can repeat the message
 * @param outcome how it ended, for metrics
 * @param body JSON in UTF-8
 */
@SuppressWarnings("ArrayRecordComponent") // The body goes straight to the socket; answers are never compared.
public record ReviewAnswer(int httpStatus, Outcome outcome, byte[] body) {

    /** How a review ended. */
    public enum Outcome {
        /** Not ours to review, or nothing to say about it. */
        UNTOUCHED,
        /** A GPU pod that needs no change. */
        ALLOWED,
        /** Admitted with a patch. */
        PATCHED,
        /** Refused. */
        DENIED,
        /** The body was no review. */
        UNREADABLE
    }
}
