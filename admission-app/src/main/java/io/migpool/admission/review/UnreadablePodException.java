package io.migpool.admission.review;

/** The object under review cannot be read as a pod. */
final class UnreadablePodException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadablePodException(String message) {
        super(message);
    }

    String sentence() {
        return String.valueOf(getMessage());
    }
}
