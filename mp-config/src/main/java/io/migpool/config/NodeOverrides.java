package io.migpool.config;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one node's entry says differently from {@link NodeDefaults}; {@code null} means that it is silent. Units and limits
 * as there.
 */
public record NodeOverrides(
        @Nullable Integer deviceSplitCount,
        @Nullable Double deviceMemoryScaling,
        @Nullable Double deviceCoreScaling,
        @Nullable Long preConfiguredDeviceMemoryMiB,
        @Nullable Integer libCudaLogLevel,
        @Nullable Boolean enableNumaTopology) {

    /** An entry that overrides nothing. */
    public static final NodeOverrides NONE = new NodeOverrides(null, null, null, null, null, null);

    /** The defaults with this entry's values in their place. */
    public NodeDefaults over(NodeDefaults defaults) {
        return new NodeDefaults(
                Optional.ofNullable(deviceSplitCount).orElse(defaults.deviceSplitCount()),
                Optional.ofNullable(deviceMemoryScaling).orElse(defaults.deviceMemoryScaling()),
                Optional.ofNullable(deviceCoreScaling).orElse(defaults.deviceCoreScaling()),
                Optional.ofNullable(preConfiguredDeviceMemoryMiB).orElse(defaults.preConfiguredDeviceMemoryMiB()),
                Optional.ofNullable(libCudaLogLevel).orElse(defaults.libCudaLogLevel()),
                Optional.ofNullable(enableNumaTopology).orElse(defaults.enableNumaTopology()));
    }
}
