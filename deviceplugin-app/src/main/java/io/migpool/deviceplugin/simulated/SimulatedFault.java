package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuErrorCode;

/**
 * Calls about one GPU that are going to go wrong.
 *
 * @param call the call of {@code GpuDriver}, for example {@code createGpuInstance}, or {@link #ANY_CALL}
 * @param effect what happens to the call
 * @param code what it fails with, if it fails
 * @param times how many calls it hits before it is used up, at least 1
 * @param delayMillis how long each, or its work, stalls first, in milliseconds
 */
public record SimulatedFault(String call, Effect effect, GpuErrorCode code, int times, long delayMillis) {

    /** What happens to a call. */
    public enum Effect {
        /** It fails and has done nothing. */
        REFUSED,
        /** It does its work and fails all the same, as after a time-out. */
        DONE_AND_FAILED,
        /** It does its work, late. */
        DONE_LATE,
        /** It fails at once and does its work late, as a call that goes on in the driver when nobody waits for it any more. */
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

    /** The next call of that name fails at once and does nothing. */
    public static SimulatedFault refuseNext(String call, GpuErrorCode code) {
        return new SimulatedFault(call, Effect.REFUSED, code, 1, 0);
    }

    /** The next call of that name does its work and fails with {@code TIMEOUT}. */
    public static SimulatedFault loseAnswerOfNext(String call) {
        return new SimulatedFault(call, Effect.DONE_AND_FAILED, GpuErrorCode.TIMEOUT, 1, 0);
    }

    /** The next call of that name takes so many milliseconds longer. */
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
