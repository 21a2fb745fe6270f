package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;

/** Shared by both stores: bounded waiting, and conversion of failures to the port's exceptions. */
final class StateAccess {

    /** Changes of the state are quick; a longer wait means that the holder hangs. */
    static final Duration LONGEST_CHANGE = Duration.ofSeconds(30);

    /** A mutation takes as long as its latency, and a queue of them in front of a GPU adds up. */
    static final Duration LONGEST_MUTATION = Duration.ofMinutes(2);

    private static final String CALL = "state of the simulated machine";
    private static final String ALL_GPUS = "all GPUs";

    private StateAccess() {}

    static void lock(Lock lock, Duration patience, String what) throws GpuException {
        try {
            if (!lock.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw failure(GpuErrorCode.TIMEOUT, "%s was busy for %s".formatted(what, patience));
            }
        } catch (InterruptedException e) {
            throw interrupted("interrupted while waiting for " + what, e);
        }
    }

    static GpuException interrupted(String detail, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new GpuException(GpuErrorCode.TIMEOUT, CALL, ALL_GPUS, detail, cause);
    }

    static GpuException failure(GpuErrorCode code, String detail) {
        return new GpuException(code, CALL, ALL_GPUS, detail);
    }

    static GpuException failure(String detail, Exception cause) {
        return new GpuException(GpuErrorCode.UNKNOWN, CALL, ALL_GPUS, detail + ": " + cause, cause);
    }
}
