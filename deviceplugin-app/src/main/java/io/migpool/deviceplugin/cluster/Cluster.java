package io.migpool.deviceplugin.cluster;

/**
 * Everything that the agent needs from the API server. Life cycle: construct, {@link #listen}, {@link #start}, close;
 * each once and in this order.
 */
public interface Cluster extends AutoCloseable {

    Pods pods();

    NodeAnnotations node();

    NodeLabels labels();

    NodeCordon cordon();

    ConfigMaps configMaps();

    Events events();

    /**
     * Registers the listeners for changes; call this before {@link #start}.
     *
     * @param listener receives changes of pods bound here
     * @param nodeChanged called after every change of our Node; it must be quick
     */
    void listen(Pods.Listener listener, Runnable nodeChanged);

    /** Starts watching; returns immediately, even while there is no API server. */
    void start();

    @Override
    void close();
}
