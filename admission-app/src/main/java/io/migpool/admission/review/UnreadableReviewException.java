package io.migpool.admission.review;

/** The body is not an AdmissionReview that can be answered. */
final class UnreadableReviewException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String uid;

    /**
     * Describes a body that is not a review.
     *
     * @param uid the request's uid, empty if it could not be read
     * @param message what is wrong with the body
     */
    UnreadableReviewException(String uid, String message) {
        super(message);
        this.uid = uid;
    }

    String uid() {
        return uid;
    }

    String sentence() {
        return String.valueOf(getMessage());
    }
}
