package io.migpool.testbed.kubelet;

/**
 * A device node of a container.
 *
 * @param path path in the container
 * @param hostPath path on the node
 * @param permissions cgroup permissions such as {@code rwm}
 */
public record DeviceNode(String path, String hostPath, String permissions) {}
