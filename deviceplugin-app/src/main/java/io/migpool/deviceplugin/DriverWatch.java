package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;

/**
 * Looks now and then for GPUs that were not there when the agent started: all of them if the driver was missing, as
 * happens while a node boots, or one that could not be identified. An agent works with one set of GPUs for life, so it
 * then has to be restarted; nothing is lost.
 */
final class DriverWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DriverWatch.class.getName());

    /** Finds out whether new GPUs have appeared. */
    @FunctionalInterface
    interface Look {
        boolean findsMore() throws GpuException;
    }

    private final Look look;
    private final Loop loop;
    private volatile boolean appeared;

    /**
     * @param look the look, which may block for driver calls
     * @param pause the pause between looks
     */
    DriverWatch(Look look, Duration pause) {
        this.look = look;
        this.loop = Loop.ofDriverCalls("driver-watch", pause, this::look);
    }

    /**
     * Returns the watch that an agent needs with this driver, if any.
     *
     * @param withoutGpus whether the agent knows no GPU
     * @param reopening looks by opening a driver once more; used only if this one knows no GPU at all
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

    /** Returns whether there are more GPUs now. */
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
            LOG.log(Level.DEBUG, "there are still no more GPUs", e);
        }
        if (appeared) {
            LOG.log(Level.WARNING, "more GPUs answer now; the node agent asks to be restarted");
        }
        return true;
    }

    @Override
    public void close() {
        loop.close();
    }
}
