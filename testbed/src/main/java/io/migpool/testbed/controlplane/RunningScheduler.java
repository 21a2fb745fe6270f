package io.migpool.testbed.controlplane;

/** A scheduler that runs until it is closed. */
@FunctionalInterface
public interface RunningScheduler extends AutoCloseable {
    @Override
    void close();
}
