package io.migpool.testbed.controlplane;

/** A scheduler that runs until it is closed. */
public interface RunningScheduler extends AutoCloseable {

    /** Ends it without notice: whoever shares a Lease with it has to wait until that expires. */
    void kill();

    /** Ends it in order; without effect after {@link #kill}. */
    @Override
    void close();
}
