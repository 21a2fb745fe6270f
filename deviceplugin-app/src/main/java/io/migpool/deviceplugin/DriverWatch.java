package io.migpool.deviceplugin;

import io.migpool.config.time.Loop;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;

/**
 * Looks now and then whether the driver has come that was not there when the agent started, as happens when a node boots. An agent
 * knows one set of GPUs for its life, so that it is to be started anew then; nothing is lost with it.
 */
final class DriverWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DriverWatch.class.getName());

    /** How a driver is opened. */
    @FunctionalInterface
    interface Opening {
        GpuDriver open() throws GpuException;
    }

    private final Opening opening;
    private final Loop loop;
    private volatile boolean appeared;

    /**
     * @param opening opens the driver once more; what it opens is closed here
     * @param pause between looks
     */
    DriverWatch(Opening opening, Duration pause) {
        this.opening = opening;
        this.loop = Loop.ofDriverCalls("driver-watch", pause, this::look);
    }

    void start() {
        loop.start();
    }

    /** Whether there are GPUs now. */
    boolean hasAppeared() {
        return appeared;
    }

    private boolean look() {
        if (appeared) {
            return true;
        }
        try (GpuDriver driver = opening.open()) {
            appeared = !driver.gpus().isEmpty();
        } catch (GpuException e) {
            LOG.log(System.Logger.Level.DEBUG, "there is no driver still", e);
        }
        if (appeared) {
            LOG.log(System.Logger.Level.WARNING, "the driver lists GPUs now; the node agent asks to be started anew");
        }
        return true;
    }

    @Override
    public void close() {
        loop.close();
    }
}
