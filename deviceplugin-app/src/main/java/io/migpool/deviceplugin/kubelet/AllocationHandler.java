package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;

/** Implements Allocate and PreStartContainer. */
public interface AllocationHandler {

    /**
     * Names what the container will get, before it is known which container it is. Anything left under that name is
     * removed, so that a container that starts without {@link #prepare} gets nothing rather than another pod's devices.
     *
     * @param ids the container's device ids, at least one
     * @throws IOException if they cannot be provided; the message says why and what to do
     */
    Answer reserve(NavigableSet<String> ids) throws IOException;

    /**
     * Prepares what was named; blocks until it is ready.
     *
     * @param ids the container's device ids, at least one
     * @throws PreparationException if it cannot be prepared in time, which is logged here; the start may be retried
     */
    void prepare(NavigableSet<String> ids) throws PreparationException;

    /**
     * The answer to Allocate.
     *
     * @param cdiDevices fully qualified CDI device names
     * @param environment environment variables of the container
     * @param mounts host files to mount
     */
    record Answer(List<String> cdiDevices, Map<String, String> environment, List<Mount> mounts) {
        public Answer {
            cdiDevices = List.copyOf(cdiDevices);
            environment = Map.copyOf(environment);
            mounts = List.copyOf(mounts);
        }
    }

    /**
     * A bind mount.
     *
     * @param hostPath path on the host
     * @param containerPath path in the container
     * @param readOnly whether the container may only read it
     */
    record Mount(String hostPath, String containerPath, boolean readOnly) {}
}
