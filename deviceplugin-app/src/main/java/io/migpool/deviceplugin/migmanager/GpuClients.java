package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Pods and host services that hold GPUs open, for example to monitor them, and must be paused while a layout changes.
 */
interface GpuClients {

    /**
     * A service of the host.
     *
     * @param name its unit
     * @param runs whether it runs; one that is meant to but does not need not come back
     */
    record Service(String name, boolean runs) {}

    /**
     * Returns the names of pods of paused clients that are still on the node; their operator ends them. Includes pods
     * that its checks have left running, which are asked to leave.
     *
     * @param paused names of clients as in {@code nvidia.com/gpu.deploy.<name>}
     * @throws UnreachableException if they cannot be listed
     */
    List<String> pods(Set<String> paused) throws UnreachableException;

    /**
     * Makes the operator check the node again, because its GPUs are no longer what it saw.
     *
     * @throws UnreachableException if that cannot be requested
     */
    void checkAgain() throws UnreachableException;

    /**
     * Returns the host's services that must not run meanwhile and are to run afterwards, in the order in which they are
     * stopped.
     *
     * @throws UnreachableException if that cannot be determined
     * @throws MigSpecException if the list names a service that cannot be stopped, or is malformed
     */
    List<Service> services() throws UnreachableException, MigSpecException;

    /**
     * Stops services of the host; one that is stopped already stays so.
     *
     * @throws UnreachableException if one does not stop
     */
    void stop(List<String> services) throws UnreachableException;

    /**
     * Starts services again, the last that was stopped first; one that runs already keeps running.
     *
     * @return the services that did not start, and why; all the others have been tried
     */
    Map<String, String> start(List<String> services);
}
