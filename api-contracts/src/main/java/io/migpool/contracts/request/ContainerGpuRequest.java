package io.migpool.contracts.request;

/**
 * The GPU request of one container.
 *
 * @param container its name
 * @param index its position in the pod, init containers counted first, from 0: the {@code containerIndex} on the wire
 * @param role when it runs
 * @param devices devices wanted, at least 1
 * @param countDefaulted whether the pod does not name the count resource itself, so that admission has to add it
 * @param memory memory per device
 * @param cores compute per device in percent, 0 (no limit) to 100
 * @param coresDefaulted whether {@code cores} is the configured default, because the container names none
 */
public record ContainerGpuRequest(
        String container,
        int index,
        Role role,
        int devices,
        boolean countDefaulted,
        MemoryRequest memory,
        int cores,
        boolean coresDefaulted) {

    /** When a container runs in its pod's life. */
    public enum Role {
        /** Runs to its end before the app containers start. */
        INIT,
        /** An init container with {@code restartPolicy: Always}: starts early and stays. */
        SIDECAR,
        /** Runs alongside the other app containers. */
        APP
    }

    public ContainerGpuRequest {
        if (devices < 1 || index < 0 || cores < 0 || cores > 100) {
            throw new IllegalArgumentException(
                    "container %s (%d) requests %d devices and %d %% cores; expected at least one device and 0 to 100 %%"
                            .formatted(container, index, devices, cores));
        }
    }

    /**
     * Returns the compute that an instance must have in percent, 0 to 100: only what the container itself asks for. A
     * default limits containers that share a GPU; an instance has its own multiprocessors, and a larger one would only
     * waste room.
     */
    public int instanceCores() {
        return coresDefaulted ? 0 : cores;
    }
}
