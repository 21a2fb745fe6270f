package io.migpool.deviceplugin.node;

import java.io.Serial;

/** A pod's annotations do not say what its containers may have. The message names what is wrong and what to do. */
public final class UnusableReservationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    private final String reason;

    UnusableReservationException(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** One word in CamelCase, as an event has it. */
    public String reason() {
        return reason;
    }
}
