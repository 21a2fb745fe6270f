package io.migpool.config;

import static java.util.Objects.requireNonNull;

import io.migpool.config.source.DocumentKind;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The keys of the {@code nvidia} section, in the order of the reference. All but the tables have a default. */
enum DeviceKey {
    RESOURCE_COUNT_NAME("resourceCountName", DeviceSettings.DEFAULT.resources().count()),
    RESOURCE_MEMORY_NAME(
            "resourceMemoryName", DeviceSettings.DEFAULT.resources().memory()),
    RESOURCE_MEMORY_PERCENTAGE_NAME(
            "resourceMemoryPercentageName", DeviceSettings.DEFAULT.resources().memoryPercentage()),
    RESOURCE_CORE_NAME("resourceCoreName", DeviceSettings.DEFAULT.resources().cores()),
    RESOURCE_PRIORITY_NAME(
            "resourcePriorityName", DeviceSettings.DEFAULT.resources().priority()),
    OVERWRITE_ENV("overwriteEnv", DeviceSettings.DEFAULT.overwriteEnv()),
    DEFAULT_MEMORY("defaultMemory", DeviceSettings.DEFAULT.defaults().memoryMiB()),
    DEFAULT_CORES("defaultCores", DeviceSettings.DEFAULT.defaults().cores()),
    DEFAULT_GPU_NUM("defaultGPUNum", DeviceSettings.DEFAULT.defaults().devices()),
    MEMORY_FACTOR("memoryFactor", DeviceSettings.DEFAULT.defaults().memoryFactor()),
    DISABLE_CORE_LIMIT("disableCoreLimit", DeviceSettings.DEFAULT.disableCoreLimit()),
    GPU_CORE_POLICY("gpuCorePolicy", DeviceSettings.DEFAULT.gpuCorePolicy().wireName()),
    // Empty leaves these four to the extender's own settings.
    GPU_SCHEDULER_POLICY("gpuSchedulerPolicy", ""),
    NODE_SCHEDULER_POLICY("nodeSchedulerPolicy", ""),
    DEVICE_SCORING_WEIGHTS("deviceScoringWeights", ""),
    HOLD_TIME("holdTime", ""),
    RUNTIME_CLASS_NAME("runtimeClassName", DeviceSettings.DEFAULT.runtimeClassName()),
    DEVICE_SPLIT_COUNT("deviceSplitCount", DeviceSettings.DEFAULT.nodeDefaults().deviceSplitCount()),
    DEVICE_MEMORY_SCALING(
            "deviceMemoryScaling", DeviceSettings.DEFAULT.nodeDefaults().deviceMemoryScaling()),
    DEVICE_CORE_SCALING(
            "deviceCoreScaling", DeviceSettings.DEFAULT.nodeDefaults().deviceCoreScaling()),
    PRE_CONFIGURED_DEVICE_MEMORY(
            "preConfiguredDeviceMemory", DeviceSettings.DEFAULT.nodeDefaults().preConfiguredDeviceMemoryMiB()),
    LIB_CUDA_LOG_LEVEL("libCudaLogLevel", DeviceSettings.DEFAULT.nodeDefaults().libCudaLogLevel()),
    ENABLE_NUMA_TOPOLOGY(
            "enableNumaTopology", DeviceSettings.DEFAULT.nodeDefaults().enableNumaTopology()),
    KNOWN_MIG_GEOMETRIES("knownMigGeometries", null),
    MIG_PROFILE_ALLOWLIST("migProfileAllowlist", null);

    private static final String SECTION = DocumentKind.DEVICE.prefix() + ".nvidia.";

    private final String word;
    private final @Nullable String usual;

    DeviceKey(String word, @Nullable Object usual) {
        this.word = word;
        this.usual = usual == null ? null : usual.toString();
    }

    /** Returns the key as the document spells it. */
    String word() {
        return word;
    }

    private String property() {
        return SECTION + word;
    }

    /** Returns all keys as the document spells them. */
    static List<String> words() {
        return Arrays.stream(values()).map(DeviceKey::word).toList();
    }

    /** Returns the defaults by property. */
    static Map<String, String> defaultValues() {
        return Arrays.stream(values())
                .filter(key -> key.usual != null)
                .collect(Collectors.toUnmodifiableMap(DeviceKey::property, key -> requireNonNull(key.usual)));
    }

    /** Returns the properties of {@link DeviceSettings#resources()}. */
    static Set<String> resourceProperties() {
        return Arrays.stream(values())
                .filter(key -> key.compareTo(RESOURCE_PRIORITY_NAME) <= 0)
                .map(DeviceKey::property)
                .collect(Collectors.toUnmodifiableSet());
    }
}
