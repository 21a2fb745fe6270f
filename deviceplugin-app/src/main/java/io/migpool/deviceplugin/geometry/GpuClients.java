package io.migpool.deviceplugin.geometry;

import java.util.List;

/** Those that use GPUs to watch over them, and have to step aside while a layout changes. */
public interface GpuClients {

    /** None there are. */
    GpuClients NONE = new GpuClients() {
        @Override
        public List<String> present() {
            return List.of();
        }

        @Override
        public void stopServices() {}

        @Override
        public void startServices() {}
    };

    /**
     * Pods of paused clients that are still on the node, by name; their operator ends them.
     *
     * @throws UnreachableException if they cannot be listed
     */
    List<String> present() throws UnreachableException;

    /**
     * Stops the services of the host that use GPUs; those that are stopped already stay so. May be called again.
     *
     * @throws UnreachableException if one does not stop
     */
    void stopServices() throws UnreachableException;

    /**
     * Starts those again that {@link #stopServices} stopped, also before a restart of the agent. May be called again.
     *
     * @throws UnreachableException if one does not start
     */
    void startServices() throws UnreachableException;
}
