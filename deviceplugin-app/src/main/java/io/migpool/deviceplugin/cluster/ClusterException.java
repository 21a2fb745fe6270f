package io.migpool.deviceplugin.cluster;

import java.io.Serial;

/** A request to the API server failed. */
public final class ClusterException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Kinds of failure. */
    public enum Code {
        /** No answer, or a request to retry later. */
        UNAVAILABLE,
        /** The object changed in between; read it again. */
        CONFLICT,
        /** The object is gone, or another one has its name. */
        GONE,
        /** The API server refused: a missing permission, an admission policy, an invalid value. */
        REFUSED
    }

    private final Code code;

    public ClusterException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public ClusterException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
