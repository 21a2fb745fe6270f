package io.migpool.deviceplugin.geometry;

import java.util.List;
import java.util.Set;

/** Those that use GPUs to watch over them, and have to step aside while a layout changes. */
public interface GpuClients {

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
     */
    List<String> services() throws UnreachableException;

    /**
     * Stops services of the host; one that is stopped already stays so.
     *
     * @throws UnreachableException if one does not stop
     */
    void stop(List<String> services) throws UnreachableException;

    /**
     * Starts them again, the last that was stopped first; one that runs already goes on.
     *
     * @throws UnreachableException if one does not start, after all the others have been tried
     */
    void start(List<String> services) throws UnreachableException;
}
