package io.migpool.deviceplugin.reservation;

import java.io.Serial;

/** A pod's annotations do not contain a usable reservation. The message names what is wrong and what to do. */
public final class UnusableReservationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Kinds of failure. */
    public enum Code {
        /** The reservation is on another node. */
        ELSEWHERE,
        /** The reservation was abandoned. */
        FAILED,
        /** The reservation cannot be read. */
        MALFORMED,
        /** There is no reservation. */
        MISSING,
        /** The reservation does not match the containers' requests. */
        MISMATCH,
        /** No container requests a device. */
        NO_REQUEST,
        /** A container's request is malformed. */
        MALFORMED_REQUEST
    }

    private final Code code;

    UnusableReservationException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
