package io.migpool.deviceplugin.instance;

import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reports that a pod's instances could not be cut. The message names slice, reason and remedy. */
public final class RealisationException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Kinds of failure. */
    public enum Code {
        /** The obstacle does not go away by itself, or the GPU cannot be cut; only another placement helps. */
        BLOCKED,
        /** Another pod or its processes have the place and did not leave in time. */
        OCCUPIED,
        /** The driver refused. */
        DRIVER,
        /** MIG mode of the GPU is off; whether it will be switched on again is not known here. */
        NO_MIG,
        /** The ownership file could not be written. */
        STATE
    }

    private final Code code;
    private final transient @Nullable Slice slice;

    public RealisationException(Code code, String message) {
        super(message);
        this.code = code;
        this.slice = null;
    }

    public RealisationException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.slice = null;
    }

    private RealisationException(Code code, Slice slice, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.slice = slice;
    }

    /** Returns the failure of a slice that cannot be cut where it is reserved. */
    static RealisationException blocked(Slice slice, String message) {
        return new RealisationException(Code.BLOCKED, slice, message, null);
    }

    static RealisationException blocked(Slice slice, String message, Throwable cause) {
        return new RealisationException(Code.BLOCKED, slice, message, cause);
    }

    /**
     * Returns the failure of a slice that does not exist, on a GPU on which none can be cut while its MIG mode is off.
     */
    static RealisationException noMig(Slice slice, String message, Throwable cause) {
        return new RealisationException(Code.NO_MIG, slice, message, cause);
    }

    /** Returns the slice that needs another placement; present if and only if the code is {@link Code#BLOCKED}. */
    public Optional<Slice> blockedSlice() {
        return ofCode(Code.BLOCKED);
    }

    /** Returns the slice whose GPU has MIG mode off; present if and only if the code is {@link Code#NO_MIG}. */
    public Optional<Slice> sliceWithoutMig() {
        return ofCode(Code.NO_MIG);
    }

    private Optional<Slice> ofCode(Code wanted) {
        return code == wanted ? Optional.ofNullable(slice) : Optional.empty();
    }

    public Code code() {
        return code;
    }
}
