package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;

/** What stands behind Allocate and PreStartContainer. */
public interface ContainerDevices {

    /**
     * Names what the container will get, before anybody knows which container it is. What was left under that name is
     * removed, so that a container that starts without {@link #prepare} gets nothing rather than another pod's devices.
     *
     * @param slots the container's device ids, at least one
     * @throws IOException if what was left cannot be removed
     */
    Answer reserve(NavigableSet<String> slots) throws IOException;

    /**
     * Makes ready what was named; blocks until it is.
     *
     * @param slots the container's device ids, at least one
     * @throws PreparationException if it cannot be made ready in time; the start may be tried again
     */
    void prepare(NavigableSet<String> slots) throws PreparationException;

    /**
     * Answer to Allocate.
     *
     * @param cdiDevices fully qualified CDI device names
     * @param environment variables of the container
     */
    record Answer(List<String> cdiDevices, Map<String, String> environment) {
        public Answer {
            cdiDevices = List.copyOf(cdiDevices);
            environment = Map.copyOf(environment);
        }
    }
}
