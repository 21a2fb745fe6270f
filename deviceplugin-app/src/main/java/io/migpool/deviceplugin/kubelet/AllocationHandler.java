package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;

/** What stands behind Allocate and PreStartContainer. */
public interface AllocationHandler {

    /**
     * Names what the container will get, before anybody knows which container it is. What was left under that name is
     * removed, so that a container that starts without {@link #prepare} gets nothing rather than another pod's devices.
     *
     * @param ids the container's device ids, at least one
     * @throws IOException if they cannot be given; the message says why and what to do
     */
    Answer reserve(NavigableSet<String> ids) throws IOException;

    /**
     * Makes ready what was named; blocks until it is.
     *
     * @param ids the container's device ids, at least one
     * @throws PreparationException if it cannot be made ready in time, which is logged here; the start may be tried again
     */
    void prepare(NavigableSet<String> ids) throws PreparationException;

    /**
     * Answer to Allocate.
     *
     * @param cdiDevices fully qualified CDI device names
     * @param environment variables of the container
     * @param mounts files of the host
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
     * @param hostPath on the host
     * @param containerPath in the container
     * @param readOnly whether the container may only read it
     */
    record Mount(String hostPath, String containerPath, boolean readOnly) {}
}
