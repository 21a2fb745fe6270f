package io.migpool.config;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Values of one node's entry that replace those of {@link NodeDefaults}; {@code null} means not set. Units and limits
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

    /** Returns the defaults, replaced where this entry sets a value. */
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
