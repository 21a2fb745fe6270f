package io.migpool.deviceplugin.health;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Listens to the driver's events on a platform thread of its own and passes them on. */
public final class HealthWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(HealthWatch.class.getName());
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final GpuDriver driver;
    private final GpuHealth health;
    private final Runnable onEvent;
    private final Loop loop = Loop.ofDriverCalls("gpu-events", Duration.ZERO, this::listen);
    /** Used by the loop; closed after its end. */
    private volatile @Nullable GpuEvents stream;

    private boolean deaf;

    /** @param onEvent called after an event has been recorded, on the watch's thread */
    public HealthWatch(GpuDriver driver, GpuHealth health, Runnable onEvent) {
        this.driver = driver;
        this.health = health;
        this.onEvent = onEvent;
    }

    /** Starts listening, on a thread of its own. */
    public void start() {
        loop.start();
    }

    private Loop.Next listen() {
        try {
            GpuEvents open = stream;
            if (open == null) {
                open = driver.events();
                stream = open;
            }
            open.next(LONGEST_WAIT).ifPresent(event -> {
                health.happened(event);
                onEvent.run();
            });
            deaf = false;
            return Loop.Next.AFTER_PAUSE;
        } catch (GpuException e) {
            // The GPUs are checked in any case, only later.
            if (!deaf && !Thread.currentThread().isInterrupted()) {
                LOG.log(
                        e.code() == GpuErrorCode.NOT_SUPPORTED ? Level.INFO : Level.WARNING,
                        "cannot receive the driver''s events at present: {0}",
                        e.getMessage());
            }
            deaf = true;
            onEvent.run();
            return Loop.Next.RETRY_SOON;
        }
    }

    @Override
    public void close() {
        loop.close();
        GpuEvents open = stream;
        if (open != null) {
            open.close();
        }
    }
}
