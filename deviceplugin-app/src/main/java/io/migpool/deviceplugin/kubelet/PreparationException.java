package io.migpool.deviceplugin.kubelet;

import java.io.Serial;

/**
 * A container cannot be started now. The message reaches the pod's Events through kubelet; it names reason and remedy.
 */
public final class PreparationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    private final StartFailure failure;

    /**
     * @param message what happened and what to do
     */
    public PreparationException(StartFailure failure, String message) {
        super(message);
        this.failure = failure;
    }

    public PreparationException(StartFailure failure, String message, Throwable cause) {
        super(message, cause);
        this.failure = failure;
    }

    /** Returns the reason as in an Event. */
    public String reason() {
        return failure.reason();
    }
}
