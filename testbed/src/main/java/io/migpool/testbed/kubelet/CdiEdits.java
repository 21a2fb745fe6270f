package io.migpool.testbed.kubelet;

import java.util.List;

/**
 * Edits that CDI devices make to a container; those of several devices are applied in order.
 *
 * @param environment {@code NAME=value} entries; of several with one name the last wins
 * @param mounts bind mounts, one for each path in the container
 * @param deviceNodes device nodes, one for each path in the container
 * @param hooks hooks; what several files demand runs several times
 */
public record CdiEdits(
        List<String> environment,
        List<ContainerMount> mounts,
        List<DeviceNode> deviceNodes,
        List<ContainerHook> hooks) {

    /** No edits. */
    static final CdiEdits NONE = new CdiEdits(List.of(), List.of(), List.of(), List.of());

    /** Copies the lists. */
    public CdiEdits {
        environment = List.copyOf(environment);
        mounts = List.copyOf(mounts);
        deviceNodes = List.copyOf(deviceNodes);
        hooks = List.copyOf(hooks);
    }
}
