package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A reading for callers that can do without it. Each is begun once and waited for until the same moment, whoever waits:
 * a GPU that hangs costs its callers one wait together, and readings of several GPUs are waited for at the same time.
 */
final class PatientReading {

    private static final System.Logger LOG = System.getLogger(PatientReading.class.getName());

    /** The last reading. Guarded by {@code this}, like the next field; nothing is waited for meanwhile. */
    private CompletableFuture<?> last = CompletableFuture.completedFuture("none yet");

    private long waitUntil = System.nanoTime();

    /** Begins a reading. */
    @FunctionalInterface
    interface Begin {
        CompletableFuture<?> now() throws GpuException;
    }

    /**
     * Begins one, unless the last is still in progress.
     *
     * @param patience how long it is waited for
     */
    synchronized void begin(Begin reading, Duration patience) {
        if (last.isDone()) {
            try {
                last = reading.now();
            } catch (GpuException e) {
                last = CompletableFuture.failedFuture(e);
            }
            waitUntil = System.nanoTime() + patience.toNanos();
        }
    }

    /** Waits for the last one, as long as it is to be waited for. */
    void await() {
        CompletableFuture<?> reading;
        long nanosLeft;
        synchronized (this) {
            reading = last;
            nanosLeft = waitUntil - System.nanoTime();
        }
        try {
            var _ = reading.get(Math.max(0, nanosLeft), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            LOG.log(Level.DEBUG, "what a GPU offers is not waited for any longer", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            LOG.log(
                    Level.WARNING,
                    "The profiles of a GPU cannot be read now: {0}",
                    cause == null ? e.getMessage() : cause.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
