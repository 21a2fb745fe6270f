package io.migpool.deviceplugin.instance;

import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pod's instances could not be cut. The message names slice, reason and remedy. */
public final class RealisationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Kinds of failure. */
    public enum Code {
        /** What lies there does not leave by itself, or the GPU cannot be cut; only another placement helps. */
        BLOCKED,
        /** Another pod has the place, or its processes, and did not leave in time. */
        OCCUPIED,
        /** The driver refused. */
        DRIVER,
        /** The ownership file could not be written. */
        STATE
    }

    private final Code code;
    private final transient @Nullable Slice blocked;

    public RealisationException(Code code, String message) {
        super(message);
        this.code = code;
        this.blocked = null;
    }

    public RealisationException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.blocked = null;
    }

    private RealisationException(Slice blocked, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = Code.BLOCKED;
        this.blocked = blocked;
    }

    /** A slice that cannot be cut where it is reserved. */
    static RealisationException blocked(Slice slice, String message) {
        return new RealisationException(slice, message, null);
    }

    static RealisationException blocked(Slice slice, String message, Throwable cause) {
        return new RealisationException(slice, message, cause);
    }

    /** The slice that needs another placement; there if and only if the code is {@link Code#BLOCKED}. */
    public Optional<Slice> blockedSlice() {
        return Optional.ofNullable(blocked);
    }

    public Code code() {
        return code;
    }
}
