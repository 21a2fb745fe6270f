package io.migpool.deviceplugin.cluster;

/** Whether the scheduler places pods on this node ({@code spec.unschedulable}). */
public interface NodeCordon {

    /**
     * Whether new pods are kept off, as last watched.
     *
     * @throws ClusterException {@code UNAVAILABLE} while the Node has not been seen
     */
    boolean isSet() throws ClusterException;

    /**
     * Keeps new pods off.
     *
     * @throws ClusterException if it could not be set
     */
    void set() throws ClusterException;

    /**
     * Lets new pods come.
     *
     * @throws ClusterException if it could not be lifted
     */
    void lift() throws ClusterException;
}
