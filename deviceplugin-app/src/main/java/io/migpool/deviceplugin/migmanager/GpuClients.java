package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.MigSpecException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Those that use GPUs to watch over them, and have to step aside while a layout changes. */
interface GpuClients {

    /**
     * A service of the host.
     *
     * @param name of its unit
     * @param runs whether it runs; one that does not, though it is to, need not come back
     */
    record Service(String name, boolean runs) {}

    /**
     * Pods of paused clients that are still on the node, by name; their operator ends them. With them those that its checks
     * have left running, which are asked to leave.
     *
     * @param paused names of clients as in {@code nvidia.com/gpu.deploy.<name>}
     * @throws UnreachableException if they cannot be listed
     */
    List<String> pods(Set<String> paused) throws UnreachableException;

    /**
     * Has the operator check the node anew, whose GPUs are not what it saw.
     *
     * @throws UnreachableException if that cannot be asked for
     */
    void checkAgain() throws UnreachableException;

    /**
     * The services of the host that must not run meanwhile and are to run afterwards, in the order in which they are stopped.
     *
     * @throws UnreachableException if that cannot be told
     * @throws MigSpecException if somebody listed what cannot be stopped, or the list is malformed
     */
    List<Service> services() throws UnreachableException, MigSpecException;

    /**
     * Stops services of the host; one that is stopped already stays so.
     *
     * @throws UnreachableException if one does not stop
     */
    void stop(List<String> services) throws UnreachableException;

    /**
     * Starts them again, the last that was stopped first; one that runs already goes on.
     *
     * @return those that did not start, and why; all the others have been tried
     */
    Map<String, String> start(List<String> services);
}
