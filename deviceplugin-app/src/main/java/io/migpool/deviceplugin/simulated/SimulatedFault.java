package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuErrorCode;

/**
 * A fault in future calls about one GPU.
 *
 * @param call the call of {@code GpuDriver}, for example {@code createGpuInstance}, or {@link #ANY_CALL}
 * @param effect what happens to the call
 * @param code the error code, if it fails
 * @param times number of calls that it affects, at least 1
 * @param delayMillis how long each call, or its work, stalls first, in milliseconds
 */
public record SimulatedFault(String call, Effect effect, GpuErrorCode code, int times, long delayMillis) {

    /** What happens to a call. */
    public enum Effect {
        /** The call fails without effect. */
        REFUSED,
        /** The call takes effect but fails, as after a time-out. */
        DONE_AND_FAILED,
        /** The call takes effect late. */
        DONE_LATE,
        /**
         * The call fails immediately and takes effect late, like a call that continues in the driver after its caller
         * has given up.
         */
        FAILED_AND_DONE_LATE
    }

    /** Matches every call. */
    public static final String ANY_CALL = "*";

    public SimulatedFault {
        if (times < 1 || delayMillis < 0) {
            throw new IllegalArgumentException(
                    "fault of %s: %d times, %d ms delay; it must hit at least once, and no delay is negative"
                            .formatted(call, times, delayMillis));
        }
    }

    /** Returns a fault with which the next call of this name fails immediately and has no effect. */
    public static SimulatedFault refuseNext(String call, GpuErrorCode code) {
        return new SimulatedFault(call, Effect.REFUSED, code, 1, 0);
    }

    /** Returns a fault with which the next call of this name takes effect but fails with {@code TIMEOUT}. */
    public static SimulatedFault loseAnswerOfNext(String call) {
        return new SimulatedFault(call, Effect.DONE_AND_FAILED, GpuErrorCode.TIMEOUT, 1, 0);
    }

    /** Returns a fault with which the next call of this name takes this many milliseconds longer. */
    public static SimulatedFault stallNext(String call, long millis) {
        return new SimulatedFault(call, Effect.DONE_LATE, GpuErrorCode.TIMEOUT, 1, millis);
    }

    boolean matches(String made) {
        return call.equals(ANY_CALL) || call.equals(made);
    }

    SimulatedFault usedOnce() {
        return new SimulatedFault(call, effect, code, times - 1, delayMillis);
    }
}
