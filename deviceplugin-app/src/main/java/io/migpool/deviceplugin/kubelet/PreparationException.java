package io.migpool.deviceplugin.kubelet;

import java.io.Serial;

/** A container cannot be started now. The message reaches the pod's events through kubelet: it names reason and remedy. */
public final class PreparationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    private final String reason;

    /**
     * @param reason one word in CamelCase, as in a Kubernetes event
     * @param message what happened and what to do
     */
    public PreparationException(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    public PreparationException(String reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** The reason as an event has it. */
    public String reason() {
        return reason;
    }
}
