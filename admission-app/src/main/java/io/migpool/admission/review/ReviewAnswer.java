package io.migpool.admission.review;

/**
 * The answer to one review.
 *
 * @param httpStatus 200 with an AdmissionReview for every review that was decided, whatever its outcome; otherwise that
 *     of the Kubernetes {@code Status} in the body, so that the API server can pass on the message: 400 or 413 for a
 *     body that is not a review, 503 while nothing can be decided
 * @param outcome how it ended, for metrics
 * @param body JSON in UTF-8
 */
@SuppressWarnings("ArrayRecordComponent") // The body goes straight to the socket; answers are never compared.
public record ReviewAnswer(int httpStatus, Outcome outcome, byte[] body) {

    /** How a review ended. */
    public enum Outcome {
        /** Outside the scope of review, or without findings. */
        UNTOUCHED,
        /** A GPU pod that needs no change. */
        ALLOWED,
        /** Admitted with a patch. */
        PATCHED,
        /** Refused. */
        DENIED,
        /** The body was not a review. */
        UNREADABLE,
        /** The settings are unknown, or there are too many requests at once: the webhook's failure policy decides. */
        UNDECIDED
    }
}
