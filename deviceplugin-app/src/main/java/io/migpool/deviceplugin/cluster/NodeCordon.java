package io.migpool.deviceplugin.cluster;

/** Controls whether the scheduler places pods on this node ({@code spec.unschedulable}). */
public interface NodeCordon {

    /**
     * Returns whether new pods are kept off the node, as last watched.
     *
     * @throws ClusterException {@code UNAVAILABLE} while the Node has not been seen
     */
    boolean isSet() throws ClusterException;

    /**
     * Keeps new pods off the node.
     *
     * @throws ClusterException if it could not be set
     */
    void set() throws ClusterException;

    /**
     * Lets new pods onto the node again.
     *
     * @throws ClusterException if it could not be lifted
     */
    void lift() throws ClusterException;
}
