package io.migpool.contracts.request;

import java.util.List;

/**
 * The GPU request of a pod.
 *
 * @param containers requests of the containers that need devices, in wire order; at least one
 * @param containerCount containers of the pod, init containers included, with or without a request
 */
public record PodGpuRequest(List<ContainerGpuRequest> containers, int containerCount) {

    public PodGpuRequest {
        containers = List.copyOf(containers);
        if (containers.isEmpty() || containers.getLast().index() >= containerCount) {
            throw new IllegalArgumentException(
                    "GPU request of %d containers for a pod with %d; at least one and no more than the pod has"
                            .formatted(containers.size(), containerCount));
        }
    }

    /** Returns whether every requesting container names the count resource itself. */
    public boolean namesEveryCount() {
        return containers.stream().noneMatch(ContainerGpuRequest::countDefaulted);
    }
}
