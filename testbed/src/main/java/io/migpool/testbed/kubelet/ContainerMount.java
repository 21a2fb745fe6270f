package io.migpool.testbed.kubelet;

import java.util.List;

/**
 * A bind mount of a container.
 *
 * @param hostPath path on the node
 * @param containerPath path in the container
 * @param options mount options such as {@code ro}, {@code rbind}
 */
public record ContainerMount(String hostPath, String containerPath, List<String> options) {

    /** Copies the options. */
    public ContainerMount {
        options = List.copyOf(options);
    }
}
