package io.migpool.testbed.kubelet;

import java.util.List;

/**
 * Edits that CDI devices make to a container; those of several devices are applied in order.
 *
 * @param environment {@code NAME=value} entries; of several with one name the last wins
 * @param mounts bind mounts
 * @param deviceNodes device nodes
 */
record CdiEdits(List<String> environment, List<ContainerMount> mounts, List<DeviceNode> deviceNodes) {

    CdiEdits {
        environment = List.copyOf(environment);
        mounts = List.copyOf(mounts);
        deviceNodes = List.copyOf(deviceNodes);
    }
}
