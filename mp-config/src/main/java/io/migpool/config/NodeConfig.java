package io.migpool.config;

import io.migpool.contracts.mig.GpuMode;

/**
 * One entry of {@code nodeconfig}.
 *
 * @param nodes the nodes that it applies to
 * @param operatingMode how the nodes' GPUs are shared; {@link GpuMode#HAMI_CORE} by default
 * @param gpuModes GPUs with another mode
 * @param migStrategy how the devices of label-driven GPUs are offered
 * @param filterDevices GPUs that neither the pool nor a label controls
 * @param labelDriven GPUs whose layout follows the node's label
 * @param overrides values that replace the cluster's defaults
 * @param enableGetPreferredAllocation accepted for compatibility with HAMi, without effect: slots are not tied to GPUs
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

    /** Returns an entry that sets nothing but the mode. */
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

    /** Returns the mode of a GPU on such a node. */
    public GpuMode modeOf(String gpuUuid, int gpuIndex) {
        return gpuModes.of(gpuUuid, gpuIndex).orElse(operatingMode);
    }
}
