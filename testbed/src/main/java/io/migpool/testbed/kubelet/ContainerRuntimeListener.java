package io.migpool.testbed.kubelet;

/**
 * Is notified of the containers of a node, for example to mark the GPU instances that they use. Must return quickly.
 */
public interface ContainerRuntimeListener {

    /** A container was created with its final environment and its process runs. */
    void started(RunningContainer container);

    /** The container's process has ended. Called once per {@link #started}, unless the kubelet is closed before. */
    void stopped(RunningContainer container);
}
