package io.migpool.deviceplugin.inject;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is changed about a container before it starts.
 *
 * @param environment variables by name
 * @param mounts directories and files of the host
 */
record ContainerEdits(Map<String, String> environment, List<Mount> mounts) {

    /**
     * A bind mount.
     *
     * @param hostPath on the host
     * @param containerPath in the container
     * @param readOnly whether the container may only read it
     */
    record Mount(String hostPath, String containerPath, boolean readOnly) {}

    ContainerEdits {
        environment = new TreeMap<>(environment);
        mounts = List.copyOf(mounts);
    }
}
