package io.migpool.config;

import io.migpool.contracts.mig.GpuMode;

/**
 * One entry of {@code nodeconfig}.
 *
 * @param name the node it is for, exactly as Kubernetes names it
 * @param operatingMode how the node's GPUs are shared; {@link GpuMode#HAMI_CORE} unless told otherwise
 * @param migStrategy {@code none}, {@code single} or {@code mixed}; kept for HAMi's users, decides nothing
 * @param filterDevices GPUs that stay out of the pool
 * @param overrides what differs from the cluster's defaults
 * @param enableGetPreferredAllocation kept for HAMi's users, decides nothing: slots are not tied to GPUs
 */
public record NodeConfig(
        String name,
        GpuMode operatingMode,
        String migStrategy,
        FilterDevices filterDevices,
        NodeOverrides overrides,
        boolean enableGetPreferredAllocation) {

    public NodeConfig {
        if (name.isBlank()) {
            throw new IllegalArgumentException("node entry without name; the name of a Kubernetes node is needed");
        }
    }

    /** An entry that says nothing but the mode. */
    public static NodeConfig of(String name, GpuMode operatingMode) {
        return new NodeConfig(name, operatingMode, "none", FilterDevices.NONE, NodeOverrides.NONE, false);
    }
}
