package io.migpool.config;

/**
 * How GPUs are offered unless the node's own entry overrides it.
 *
 * @param deviceSplitCount slots per software-shared GPU, 1 to {@link #HIGHEST_SPLIT_COUNT}
 * @param deviceMemoryScaling factor on the memory of software-shared GPUs, above 0; above 1 oversubscribes
 * @param deviceCoreScaling factor on the compute of software-shared GPUs, above 0
 * @param preConfiguredDeviceMemoryMiB memory to assume, in MiB, if the driver reports none; 0 means none is assumed
 * @param libCudaLogLevel verbosity of the intercepting library: 0 errors, 1 warnings, 2 and 3 information, 4 debugging
 * @param enableNumaTopology whether slots carry NUMA hints
 */
public record NodeDefaults(
        int deviceSplitCount,
        double deviceMemoryScaling,
        double deviceCoreScaling,
        long preConfiguredDeviceMemoryMiB,
        int libCudaLogLevel,
        boolean enableNumaTopology) {

    /** The most verbose {@code libCudaLogLevel}. */
    public static final int HIGHEST_LOG_LEVEL = 4;

    /**
     * More containers than a node runs. Each slot is a device in the list sent to kubelet, which accepts at most 4 MiB;
     * for sixteen GPUs this limit keeps the list below that.
     */
    public static final int HIGHEST_SPLIT_COUNT = 1_000;

    /** HAMi's defaults. */
    public static final NodeDefaults DEFAULT = new NodeDefaults(10, 1.0, 1.0, 0, 1, false);

    public NodeDefaults {
        if (deviceSplitCount < 1
                || deviceSplitCount > HIGHEST_SPLIT_COUNT
                || !(deviceMemoryScaling > 0)
                || !(deviceCoreScaling > 0)
                || preConfiguredDeviceMemoryMiB < 0
                || libCudaLogLevel < 0
                || libCudaLogLevel > HIGHEST_LOG_LEVEL) {
            throw new IllegalArgumentException(
                    "deviceSplitCount %d, deviceMemoryScaling %s, deviceCoreScaling %s, preConfiguredDeviceMemory %d, libCudaLogLevel %d; the count must be 1 to 1000, factors above 0, memory not negative, the level 0 to 4"
                            .formatted(
                                    deviceSplitCount,
                                    deviceMemoryScaling,
                                    deviceCoreScaling,
                                    preConfiguredDeviceMemoryMiB,
                                    libCudaLogLevel));
        }
    }
}
