package io.migpool.deviceplugin.gpu;

import java.time.Duration;
import java.util.Optional;

/**
 * A stream of events of all GPUs from the moment it was opened. Used by one thread at a time; it ends with the driver.
 */
public interface GpuEvents extends AutoCloseable {

    /**
     * Waits for the next event.
     *
     * @param limit how long to wait; the wait may end earlier when the driver is closed
     * @return the event, or empty if there was none in that time
     * @throws GpuException if events cannot be received at present; another call may succeed. {@code INVALID_ARGUMENT}
     *     after the driver was closed
     */
    Optional<GpuEvent> next(Duration limit) throws GpuException;

    @Override
    void close();
}
