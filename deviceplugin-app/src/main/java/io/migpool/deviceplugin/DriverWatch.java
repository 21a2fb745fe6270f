package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;

/**
 * Looks now and then whether GPUs have come that were not there when the agent started: all of them with the driver, as happens
 * when a node boots, or one that could not be identified. An agent knows one set of GPUs for its life, so that it is to be
 * started anew then; nothing is lost with it.
 */
final class DriverWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DriverWatch.class.getName());

    /** How to see whether GPUs have come. */
    @FunctionalInterface
    interface Look {
        boolean findsMore() throws GpuException;
    }

    private final Look look;
    private final Loop loop;
    private volatile boolean appeared;

    /**
     * @param look may block for driver calls
     * @param pause between looks
     */
    DriverWatch(Look look, Duration pause) {
        this.look = look;
        this.loop = Loop.ofDriverCalls("driver-watch", pause, this::look);
    }

    /**
     * The watch that an agent needs with this driver, if any.
     *
     * @param withoutGpus whether the agent knows no GPU
     * @param reopening looks by opening a driver once more; only where this one knows of no GPU at all
     */
    static Optional<DriverWatch> of(GpuDriver driver, boolean withoutGpus, Look reopening, Duration pause) {
        if (!driver.unlisted().isEmpty()) {
            return Optional.of(new DriverWatch(driver::hasMore, pause));
        }
        return withoutGpus ? Optional.of(new DriverWatch(reopening, pause)) : Optional.empty();
    }

    void start() {
        loop.start();
    }

    /** Whether there are more GPUs now. */
    boolean hasAppeared() {
        return appeared;
    }

    private boolean look() {
        if (appeared) {
            return true;
        }
        try {
            appeared = look.findsMore();
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "there are no more GPUs still", e);
        }
        if (appeared) {
            LOG.log(Level.WARNING, "more GPUs answer now; the node agent asks to be started anew");
        }
        return true;
    }

    @Override
    public void close() {
        loop.close();
    }
}
