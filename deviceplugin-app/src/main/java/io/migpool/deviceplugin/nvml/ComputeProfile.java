package io.migpool.deviceplugin.nvml;

/**
 * What compute instance can be made in a GPU instance ({@code nvmlComputeInstanceProfileInfo_t}).
 *
 * @param id number that creating and listing take; not the one that the header enumerates
 * @param slices compute slices
 * @param maxInstances how many of them an empty GPU instance holds
 */
record ComputeProfile(Id id, int slices, int maxInstances) {

    /** Number of a compute instance profile on its GPU instance. */
    record Id(int value) {}
}
