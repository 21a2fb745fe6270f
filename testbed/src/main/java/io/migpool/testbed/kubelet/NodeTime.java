package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.time.InstantSource;

/**
 * The time of a node: what its timestamps say, and every wait of its kubelet and of its containers. Only the limits of
 * calls to plugins are not measured by it, because they are part of the calls.
 */
interface NodeTime extends InstantSource, AutoCloseable {

    /**
     * Runs the alarm once that much time has passed; forgets it if this is closed before. Alarms must be short; longer
     * work only gets its thread woken.
     */
    void after(Duration wait, Runnable alarm);

    @Override
    void close();
}
