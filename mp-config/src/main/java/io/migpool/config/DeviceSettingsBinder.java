package io.migpool.config;

import static io.migpool.config.SettingsNode.quoted;

import io.migpool.config.SettingsNode.Value;
import io.migpool.config.source.DocumentKind;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Turns the {@code nvidia} section into {@link DeviceSettings}. */
final class DeviceSettingsBinder {

    private static final List<String> KEYS = List.of(
            "resourceCountName",
            "resourceMemoryName",
            "resourceMemoryPercentageName",
            "resourceCoreName",
            "resourcePriorityName",
            "overwriteEnv",
            "defaultMemory",
            "defaultCores",
            "defaultGPUNum",
            "memoryFactor",
            "disableCoreLimit",
            "gpuCorePolicy",
            "gpuSchedulerPolicy",
            "nodeSchedulerPolicy",
            "deviceScoringWeights",
            "holdTime",
            "runtimeClassName",
            "deviceSplitCount",
            "deviceMemoryScaling",
            "deviceCoreScaling",
            "preConfiguredDeviceMemory",
            "libCudaLogLevel",
            "enableNumaTopology",
            "knownMigGeometries",
            "migProfileAllowlist");

    private static final Pattern RESOURCE =
            Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
    private static final Pattern OBJECT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
    private static final Pattern SEPARATORS = Pattern.compile("[^A-Z0-9]+");
    private static final String MODEL = "the name of a board, like A100-SXM4-80GB";
    private static final String PROFILE = "a MIG profile name, like 1g.10gb";

    private final SettingsNode nvidia;

    private DeviceSettingsBinder(SettingsNode nvidia) {
        this.nvidia = nvidia;
    }

    /** Returns the defaults of scalar keys; keys that fall back to the extender's own settings have none here. */
    static Map<String, String> defaultValues() {
        DeviceSettings usual = DeviceSettings.DEFAULT;
        NodeDefaults nodes = usual.nodeDefaults();
        Map<String, Object> values = Map.ofEntries(
                Map.entry("resourceCountName", usual.resources().count()),
                Map.entry("resourceMemoryName", usual.resources().memory()),
                Map.entry("resourceMemoryPercentageName", usual.resources().memoryPercentage()),
                Map.entry("resourceCoreName", usual.resources().cores()),
                Map.entry("resourcePriorityName", usual.resources().priority()),
                Map.entry("overwriteEnv", usual.overwriteEnv()),
                Map.entry("defaultMemory", usual.defaults().memoryMiB()),
                Map.entry("defaultCores", usual.defaults().cores()),
                Map.entry("defaultGPUNum", usual.defaults().devices()),
                Map.entry("memoryFactor", usual.defaults().memoryFactor()),
                Map.entry("disableCoreLimit", usual.disableCoreLimit()),
                Map.entry("gpuCorePolicy", usual.gpuCorePolicy()),
                Map.entry("gpuSchedulerPolicy", ""),
                Map.entry("nodeSchedulerPolicy", ""),
                Map.entry("deviceScoringWeights", ""),
                Map.entry("holdTime", ""),
                Map.entry("runtimeClassName", usual.runtimeClassName()),
                Map.entry("deviceSplitCount", nodes.deviceSplitCount()),
                Map.entry("deviceMemoryScaling", nodes.deviceMemoryScaling()),
                Map.entry("deviceCoreScaling", nodes.deviceCoreScaling()),
                Map.entry("preConfiguredDeviceMemory", nodes.preConfiguredDeviceMemoryMiB()),
                Map.entry("libCudaLogLevel", nodes.libCudaLogLevel()),
                Map.entry("enableNumaTopology", nodes.enableNumaTopology()));
        return values.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        value -> key(value.getKey()), value -> value.getValue().toString()));
    }

    /** Returns the keys of {@link DeviceSettings#resources()}. */
    static Set<String> resourceKeys() {
        return KEYS.stream()
                .filter(name -> name.startsWith("resource"))
                .map(DeviceSettingsBinder::key)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static String key(String name) {
        return DocumentKind.DEVICE.prefix() + ".nvidia." + name;
    }

    /** Reads the settings. Discard the result if the pass ends with problems. */
    static DeviceSettings bind(SettingsPass pass) {
        SettingsNode nvidia = SettingsNode.root(pass).child("nvidia");
        return nvidia.isMappingOf(KEYS) ? new DeviceSettingsBinder(nvidia).bind() : DeviceSettings.DEFAULT;
    }

    private DeviceSettings bind() {
        return new DeviceSettings(
                resources(),
                requestDefaults(),
                flag("overwriteEnv", DeviceSettings.DEFAULT.overwriteEnv()),
                runtimeClassName(),
                corePolicy(),
                flag("disableCoreLimit", DeviceSettings.DEFAULT.disableCoreLimit()),
                new SchedulingBinder(nvidia).bind(),
                nodeDefaults(),
                geometries(nvidia.child("knownMigGeometries")),
                allowlist(nvidia.child("migProfileAllowlist")));
    }

    private ResourceNames resources() {
        ResourceNames usual = DeviceSettings.DEFAULT.resources();
        Map<String, String> taken = new HashMap<>();
        return new ResourceNames(
                resource("resourceCountName", usual.count(), taken),
                resource("resourceMemoryName", usual.memory(), taken),
                resource("resourceMemoryPercentageName", usual.memoryPercentage(), taken),
                resource("resourceCoreName", usual.cores(), taken),
                resource("resourcePriorityName", usual.priority(), taken));
    }

    private String resource(String name, String usual, Map<String, String> taken) {
        SettingsNode node = nvidia.child(name);
        String expected = "a resource name like " + usual;
        String resource = node.text(expected).orElse(usual);
        if (!RESOURCE.matcher(resource).matches()) {
            node.refuse(quoted(resource) + " is no name of an extended resource; expected " + expected);
        }
        String twice = taken.putIfAbsent(resource, name);
        if (twice != null) {
            node.refuse(quoted(resource) + " is the value of " + twice + " already; give each resource its own name");
        }
        return resource;
    }

    private RequestDefaults requestDefaults() {
        RequestDefaults usual = DeviceSettings.DEFAULT.defaults();
        return new RequestDefaults(
                nvidia.child("defaultMemory").integer(0, Long.MAX_VALUE).orElse(usual.memoryMiB()),
                (int) nvidia.child("defaultCores").integer(0, 100).orElse(usual.cores()),
                (int) nvidia.child("defaultGPUNum")
                        .integer(0, Integer.MAX_VALUE)
                        .orElse(usual.devices()),
                (int) nvidia.child("memoryFactor").integer(1, Integer.MAX_VALUE).orElse(usual.memoryFactor()));
    }

    private NodeDefaults nodeDefaults() {
        NodeDefaults usual = DeviceSettings.DEFAULT.nodeDefaults();
        return new NodeDefaults(
                (int) nvidia.child("deviceSplitCount")
                        .integer(1, NodeDefaults.HIGHEST_SPLIT_COUNT)
                        .orElse(usual.deviceSplitCount()),
                nvidia.child("deviceMemoryScaling").factor(false).orElse(usual.deviceMemoryScaling()),
                nvidia.child("deviceCoreScaling").factor(false).orElse(usual.deviceCoreScaling()),
                nvidia.child("preConfiguredDeviceMemory")
                        .integer(0, Long.MAX_VALUE)
                        .orElse(usual.preConfiguredDeviceMemoryMiB()),
                (int) nvidia.child("libCudaLogLevel")
                        .integer(0, NodeDefaults.HIGHEST_LOG_LEVEL)
                        .orElse(usual.libCudaLogLevel()),
                flag("enableNumaTopology", usual.enableNumaTopology()));
    }

    private boolean flag(String name, boolean usual) {
        return nvidia.child(name).flag().orElse(usual);
    }

    private String runtimeClassName() {
        SettingsNode node = nvidia.child("runtimeClassName");
        String expected = "the name of a RuntimeClass, like nvidia";
        String name = node.text(expected).orElse(DeviceSettings.DEFAULT.runtimeClassName());
        if (!name.isEmpty() && !OBJECT_NAME.matcher(name).matches()) {
            node.refuse(quoted(name) + " is no object name; expected " + expected);
        }
        return name;
    }

    private String corePolicy() {
        SettingsNode node = nvidia.child("gpuCorePolicy");
        String expected = "one of " + String.join(", ", DeviceSettings.CORE_POLICIES);
        String policy = node.text(expected).orElse(DeviceSettings.DEFAULT.gpuCorePolicy());
        if (!DeviceSettings.CORE_POLICIES.contains(policy)) {
            node.refuse(quoted(policy) + " is unknown; expected " + expected);
        }
        return policy;
    }

    private static List<ModelGeometries> geometries(SettingsNode table) {
        return entries(
                table,
                "allowedGeometries",
                listed -> listed.elements("0.name").stream()
                        .map(DeviceSettingsBinder::geometry)
                        .flatMap(Optional::stream),
                "lists no allowedGeometries; expected at least one geometry, a list of {name, count}",
                ModelGeometries::new);
    }

    /**
     * Returns the entries of a table keyed by board model.
     *
     * @param column key of the list in which an entry has its values
     * @param reader reads that list, leaving out what it rejects
     * @param lacking the message for an entry without that list
     */
    private static <V, E> List<E> entries(
            SettingsNode table,
            String column,
            Function<SettingsNode, Stream<V>> reader,
            String lacking,
            BiFunction<List<String>, List<V>, E> maker) {
        List<E> entries = new ArrayList<>();
        Map<String, SettingsNode> seen = new HashMap<>();
        for (SettingsNode entry : table.elements("models.0")) {
            if (!entry.isMappingOf(List.of("models", column))) {
                continue;
            }
            List<String> models = models(entry, seen);
            int mark = entry.mark();
            List<V> values = reader.apply(entry.child(column)).toList();
            if (values.isEmpty()) {
                entry.refuseUnlessSince(mark, lacking);
            } else if (!models.isEmpty()) {
                entries.add(maker.apply(models, values));
            }
        }
        return entries;
    }

    private static Optional<MigGeometry> geometry(SettingsNode node) {
        // The volcano plugin's form has one more level: {group: NAME, geometries: [...]}.
        boolean grouped = node.child("geometries").exists();
        if (grouped && !node.isMappingOf(List.of("group", "geometries"))) {
            return Optional.empty();
        }
        int mark = node.mark();
        List<SettingsNode> instances = (grouped ? node.child("geometries") : node).elements("name");
        if (instances.isEmpty()) {
            node.refuseUnlessSince(mark, "holds no instances; expected a list of {name, count}");
            return Optional.empty();
        }
        SortedMap<MigProfile, Integer> counts = new TreeMap<>();
        for (SettingsNode instance : instances) {
            if (instance.isMappingOf(List.of("name", "core", "memory", "count"))) {
                addInstances(instance, counts);
            }
        }
        return counts.isEmpty() ? Optional.empty() : Optional.of(new MigGeometry(counts));
    }

    private static void addInstances(SettingsNode instance, SortedMap<MigProfile, Integer> counts) {
        SettingsNode name = instance.child("name");
        Optional<MigProfile> profile = name.text(PROFILE).flatMap(text -> profile(new Value(name, text)));
        SettingsNode count = instance.child("count");
        int instances = (int) count.integer(1, UnitMask.MAX_UNITS).orElse(0);
        if (!name.exists()) {
            instance.refuse("has no name; expected " + PROFILE);
        }
        if (!count.exists()) {
            instance.refuse("has no count; expected how many such instances stand side by side, 1 or more");
        }
        if (instances > 0) {
            profile.ifPresent(found -> counts.merge(found, instances, Math::addExact));
        }
    }

    private static List<ModelProfiles> allowlist(SettingsNode table) {
        return entries(
                table,
                "profiles",
                listed -> listed.values(PROFILE).stream()
                        .map(DeviceSettingsBinder::profile)
                        .flatMap(Optional::stream),
                "lists no profiles; name at least one, or leave out the entry to allow all",
                ModelProfiles::new);
    }

    private static Optional<MigProfile> profile(Value value) {
        try {
            return Optional.of(MigProfile.parse(value.text()));
        } catch (IllegalArgumentException e) {
            value.at().refuse(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /**
     * Returns the models of an entry that no earlier entry names: as in HAMi, an earlier entry overrides later ones. An
     * entry may repeat itself, as published examples do.
     */
    private static List<String> models(SettingsNode entry, Map<String, SettingsNode> seen) {
        int mark = entry.mark();
        List<Value> models = entry.child("models").values(MODEL);
        if (models.isEmpty()) {
            entry.refuseUnlessSince(mark, "lists no models; expected " + MODEL);
        }
        List<String> own = new ArrayList<>();
        for (Value model : models) {
            SettingsNode earlier = seen.putIfAbsent(normalised(model.text()), entry);
            if (earlier == null || earlier == entry) {
                own.add(model.text());
            } else {
                model.at()
                        .doubt(quoted(model.text()) + " is listed in " + earlier.path()
                                + " already, and the first entry holds; leave the model out here");
            }
        }
        return own;
    }

    /** Names that match the same boards normalise to the same text: case, separators and word order do not count. */
    private static String normalised(String model) {
        return SEPARATORS
                .splitAsStream(model.toUpperCase(Locale.ROOT))
                .filter(word -> !word.isEmpty() && !word.equals("NVIDIA"))
                .collect(Collectors.toCollection(TreeSet::new))
                .toString();
    }
}
