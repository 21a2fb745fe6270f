package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.log.LastReport;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Has the driver check regularly for GPUs that were missing when the agent started: all of them if the driver was
 * missing, as happens while a node boots; one that could not be identified; or one that came since. Everything else
 * reads the driver's list of GPUs anew and so follows by itself.
 */
final class DriverWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DriverWatch.class.getName());

    private final GpuDriver driver;
    private final Loop loop;
    private final LastReport lastFailure = new LastReport();

    /** @param pause the pause between checks */
    DriverWatch(GpuDriver driver, Duration pause) {
        this.driver = driver;
        this.loop = Loop.ofDriverCalls("driver-watch", pause, this::look);
    }

    void start() {
        loop.start();
    }

    private Loop.Next look() {
        try {
            driver.lookForMore();
            lastFailure.clear();
        } catch (GpuException e) {
            String failure = String.valueOf(e.getMessage());
            if (lastFailure.changesTo(failure)) {
                LOG.log(Level.WARNING, "cannot look for more GPUs at the moment, trying again: {0}", failure);
            }
        }
        return Loop.Next.AFTER_PAUSE;
    }

    @Override
    public void close() {
        loop.close();
    }
}
