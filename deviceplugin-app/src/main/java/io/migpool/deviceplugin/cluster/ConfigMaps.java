package io.migpool.deviceplugin.cluster;

import java.util.Map;
import java.util.Optional;

/** Individual ConfigMaps of the cluster. */
public interface ConfigMaps {

    /**
     * Returns a watch of one ConfigMap, active from its start until it is closed.
     *
     * @param onChange called after every change; it must be quick
     */
    Watched watch(String namespace, String name, Runnable onChange);

    /**
     * Writes a ConfigMap that is owned by this node; sets these labels and data of an existing one and keeps others.
     *
     * @throws ClusterException if it could not be written
     */
    void publish(String namespace, String name, Map<String, String> labels, Map<String, String> data)
            throws ClusterException;

    /** A watched ConfigMap. */
    interface Watched extends AutoCloseable {

        /**
         * Returns its data as last seen; empty if there is no such ConfigMap.
         *
         * @throws ClusterException {@code UNAVAILABLE} while that is not known yet
         */
        Optional<Map<String, String>> data() throws ClusterException;

        /** Starts the watch. Call it once; it does not wait for the API server. */
        void start();

        /** Ends the watch; does nothing if it was never started. */
        @Override
        void close();
    }
}
