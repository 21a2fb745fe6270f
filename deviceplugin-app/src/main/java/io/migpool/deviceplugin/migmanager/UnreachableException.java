package io.migpool.deviceplugin.migmanager;

import java.io.Serial;

/**
 * Reports that an outside party, such as the API server, could not be reached or did not comply; to be retried soon.
 */
final class UnreachableException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    public UnreachableException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Takes the message of the cause, which says everything. */
    public UnreachableException(Exception cause) {
        super(cause.getMessage(), cause);
    }

    public UnreachableException(String message) {
        super(message);
    }
}
