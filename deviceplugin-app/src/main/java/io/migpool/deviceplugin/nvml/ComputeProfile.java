package io.migpool.deviceplugin.nvml;

/**
 * A compute instance profile of a GPU instance ({@code nvmlComputeInstanceProfileInfo_t}).
 *
 * @param id number used for creating and listing; not the one enumerated in the header
 * @param slices compute slices
 * @param maxInstances how many of them fit in an empty GPU instance
 */
record ComputeProfile(Id id, int slices, int maxInstances) {

    /** Number of a compute instance profile on its GPU instance. */
    record Id(int value) {}
}
