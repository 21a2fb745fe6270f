package io.migpool.deviceplugin.migmanager;

import java.io.Serial;

/** Somebody outside, such as the API server, could not be asked or did not do it; to be tried again soon. */
final class UnreachableException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    public UnreachableException(String message, Throwable cause) {
        super(message, cause);
    }

    /** In the words of the cause, which say all. */
    public UnreachableException(Exception cause) {
        super(cause.getMessage(), cause);
    }

    public UnreachableException(String message) {
        super(message);
    }
}
