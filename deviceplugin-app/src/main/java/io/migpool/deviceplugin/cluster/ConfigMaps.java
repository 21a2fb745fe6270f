package io.migpool.deviceplugin.cluster;

import java.util.Map;
import java.util.Optional;

/** Single ConfigMaps of the cluster. */
public interface ConfigMaps {

    /**
     * A watch of one ConfigMap, from its start until it is closed.
     *
     * @param onChange called after every change; it must be quick
     */
    Watched watch(String namespace, String name, Runnable onChange);

    /**
     * Writes a ConfigMap that goes with this node; the labels and data of one that exists are set, others are left.
     *
     * @throws ClusterException if it could not be written
     */
    void publish(String namespace, String name, Map<String, String> labels, Map<String, String> data)
            throws ClusterException;

    /** A ConfigMap that is watched, or will be. */
    interface Watched extends AutoCloseable {

        /**
         * Its data as last seen; empty if there is no such ConfigMap.
         *
         * @throws ClusterException {@code UNAVAILABLE} while that is not known yet
         */
        Optional<Map<String, String>> data() throws ClusterException;

        /** Begins; once. Does not wait for the API server. */
        void start();

        /** Ends; nothing happens if it was never started. */
        @Override
        void close();
    }
}
