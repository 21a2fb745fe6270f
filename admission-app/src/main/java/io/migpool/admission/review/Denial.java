package io.migpool.admission.review;

/**
 * Why a pod is refused.
 *
 * @param code what kind of refusal
 * @param message the field, its value and what would be right
 */
record Denial(Code code, String message) {

    /** Kinds of refusal, with the HTTP status and the reason that Kubernetes has for them. */
    enum Code {
        /** The object cannot be read. */
        BAD_REQUEST(400, "BadRequest"),
        /** The pod asks for something it may not have. */
        FORBIDDEN(403, "Forbidden"),
        /** The body is larger than any object can be. */
        TOO_LARGE(413, "RequestEntityTooLarge"),
        /** The pod has an invalid value. */
        INVALID(422, "Invalid"),
        /** Nothing can be decided at present. */
        UNAVAILABLE(503, "ServiceUnavailable");

        private final int status;
        private final String reason;

        Code(int status, String reason) {
            this.status = status;
            this.reason = reason;
        }

        int status() {
            return status;
        }

        String reason() {
            return reason;
        }
    }
}
