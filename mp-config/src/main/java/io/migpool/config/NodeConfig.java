package io.migpool.config;

import io.migpool.contracts.mig.GpuMode;

/**
 * One entry of {@code nodeconfig}.
 *
 * @param nodes the nodes it is for
 * @param operatingMode how the nodes' GPUs are shared; {@link GpuMode#HAMI_CORE} unless told otherwise
 * @param gpuModes GPUs that are shared in another way
 * @param migStrategy how the devices of label-driven GPUs are offered
 * @param filterDevices GPUs that stay out of the pool, and that no label decides on either
 * @param labelDriven GPUs whose layout the node's label decides
 * @param overrides what differs from the cluster's defaults
 * @param enableGetPreferredAllocation kept for HAMi's users, decides nothing: slots are not tied to GPUs
 */
public record NodeConfig(
        NodeSelection nodes,
        GpuMode operatingMode,
        GpuModes gpuModes,
        MigStrategy migStrategy,
        FilterDevices filterDevices,
        LabelDriven labelDriven,
        NodeOverrides overrides,
        boolean enableGetPreferredAllocation) {

    /** An entry that says nothing but the mode. */
    public static NodeConfig of(String name, GpuMode operatingMode) {
        return new NodeConfig(
                NodeSelection.named(name),
                operatingMode,
                GpuModes.NONE,
                MigStrategy.NONE,
                FilterDevices.NONE,
                LabelDriven.NONE,
                NodeOverrides.NONE,
                false);
    }

    /** How a GPU of such a node is to be shared. */
    public GpuMode modeOf(String gpuUuid, int gpuIndex) {
        return gpuModes.of(gpuUuid, gpuIndex).orElse(operatingMode);
    }
}
