package io.migpool.testbed.kubelet;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A container as its process sees it, after every edit of kubelet and runtime.
 *
 * @param namespace namespace of its pod
 * @param pod name of its pod
 * @param container name in the pod's spec
 * @param containerId id in the runtime, new with every start
 * @param environment effective variables: from Allocate, then the pod's spec, then the CDI devices; the last value wins
 * @param mounts mounts from Allocate and the CDI devices
 * @param deviceNodes device nodes from Allocate and the CDI devices
 * @param hooks hooks of the CDI devices, which the runtime has run
 * @param startedAt when it was started
 */
public record RunningContainer(
        String podUid,
        String namespace,
        String pod,
        String container,
        String containerId,
        Map<String, String> environment,
        List<ContainerMount> mounts,
        List<DeviceNode> deviceNodes,
        List<ContainerHook> hooks,
        Instant startedAt) {

    /** Copies the collections; the order of the environment stays. */
    public RunningContainer {
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
        mounts = List.copyOf(mounts);
        deviceNodes = List.copyOf(deviceNodes);
        hooks = List.copyOf(hooks);
    }
}
