package io.migpool.contracts.wire;

/**
 * Identity of an existing instance.
 *
 * @param migUuid {@code MIG-…}
 * @param gpuInstanceId NVML's GPU instance id
 * @param computeInstanceId NVML's compute instance id; 0 is common
 */
public record MigRuntime(String migUuid, int gpuInstanceId, int computeInstanceId) {
    public MigRuntime {
        if (migUuid.isBlank() || gpuInstanceId < 0 || computeInstanceId < 0) {
            throw new IllegalArgumentException(
                    "MIG instance '%s' with GPU instance %d and compute instance %d; the UUID must be named and ids 0 or more"
                            .formatted(migUuid, gpuInstanceId, computeInstanceId));
        }
    }
}
