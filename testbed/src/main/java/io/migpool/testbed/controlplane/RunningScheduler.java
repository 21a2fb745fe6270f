package io.migpool.testbed.controlplane;

/** A scheduler that runs until it is closed. */
public interface RunningScheduler extends AutoCloseable {

    /** Kills it without notice: replicas have to wait until its Lease expires. */
    void kill();

    /** Stops it in an orderly way; has no effect after {@link #kill}. */
    @Override
    void close();
}
