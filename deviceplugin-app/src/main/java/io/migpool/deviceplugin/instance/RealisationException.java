package io.migpool.deviceplugin.instance;

import java.io.Serial;

/** A pod's instances could not be cut. The message names slice, reason and remedy. */
public final class RealisationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Kinds of failure. */
    public enum Code {
        /** Something that the pool may not touch lies there; only another placement helps. */
        BLOCKED,
        /** Another pod has the place, or its processes, and did not leave in time. */
        OCCUPIED,
        /** The driver refused. */
        DRIVER,
        /** The ownership file could not be written. */
        STATE
    }

    private final Code code;

    public RealisationException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public RealisationException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
