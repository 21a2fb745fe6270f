package io.migpool.deviceplugin.cluster;

/**
 * All that the agent needs from the API server. Made, told who listens, started, closed; each once and in this order.
 */
public interface Cluster extends AutoCloseable {

    Pods pods();

    NodeAnnotations node();

    NodeLabels labels();

    NodeCordon cordon();

    ConfigMaps configMaps();

    Events events();

    /**
     * Says who is told about changes; before {@link #start}.
     *
     * @param listener told about pods bound here
     * @param nodeChanged called after every change of our Node; it must be quick
     */
    void listen(Pods.Listener listener, Runnable nodeChanged);

    /** Begins to watch; returns at once, also while there is no API server. */
    void start();

    @Override
    void close();
}
