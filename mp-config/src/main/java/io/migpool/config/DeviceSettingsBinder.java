package io.migpool.config;

import static io.migpool.config.SettingsNode.quoted;

import io.migpool.config.SettingsNode.Value;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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

    /** Reads the settings. Discard the result if the pass ends with problems. */
    static DeviceSettings bind(SettingsPass pass) {
        SettingsNode nvidia = SettingsNode.root(pass).child("nvidia");
        return nvidia.isMappingOf(DeviceKey.words()) ? new DeviceSettingsBinder(nvidia).bind() : DeviceSettings.DEFAULT;
    }

    private DeviceSettings bind() {
        return new DeviceSettings(
                resources(),
                requestDefaults(),
                flag(DeviceKey.OVERWRITE_ENV, DeviceSettings.DEFAULT.overwriteEnv()),
                runtimeClassName(),
                corePolicy(),
                flag(DeviceKey.DISABLE_CORE_LIMIT, DeviceSettings.DEFAULT.disableCoreLimit()),
                new SchedulingBinder(nvidia).bind(),
                nodeDefaults(),
                geometries(at(DeviceKey.KNOWN_MIG_GEOMETRIES)),
                allowlist(at(DeviceKey.MIG_PROFILE_ALLOWLIST)));
    }

    private SettingsNode at(DeviceKey key) {
        return nvidia.child(key.word());
    }

    private ResourceNames resources() {
        ResourceNames usual = DeviceSettings.DEFAULT.resources();
        Map<String, String> taken = new HashMap<>();
        return new ResourceNames(
                resource(DeviceKey.RESOURCE_COUNT_NAME, usual.count(), taken),
                resource(DeviceKey.RESOURCE_MEMORY_NAME, usual.memory(), taken),
                resource(DeviceKey.RESOURCE_MEMORY_PERCENTAGE_NAME, usual.memoryPercentage(), taken),
                resource(DeviceKey.RESOURCE_CORE_NAME, usual.cores(), taken),
                resource(DeviceKey.RESOURCE_PRIORITY_NAME, usual.priority(), taken));
    }

    private String resource(DeviceKey key, String usual, Map<String, String> taken) {
        SettingsNode node = at(key);
        String expected = "a resource name like " + usual;
        String resource = node.text(expected).orElse(usual);
        if (!RESOURCE.matcher(resource).matches()) {
            node.refuse(quoted(resource) + " is not a valid extended resource name; expected " + expected);
        }
        String twice = taken.putIfAbsent(resource, key.word());
        if (twice != null) {
            node.refuse(quoted(resource) + " is already the value of " + twice + "; give each resource its own name");
        }
        return resource;
    }

    private RequestDefaults requestDefaults() {
        RequestDefaults usual = DeviceSettings.DEFAULT.defaults();
        return new RequestDefaults(
                at(DeviceKey.DEFAULT_MEMORY).integer(0, Long.MAX_VALUE).orElse(usual.memoryMiB()),
                (int) at(DeviceKey.DEFAULT_CORES).integer(0, 100).orElse(usual.cores()),
                (int) at(DeviceKey.DEFAULT_GPU_NUM)
                        .integer(0, Integer.MAX_VALUE)
                        .orElse(usual.devices()),
                (int) at(DeviceKey.MEMORY_FACTOR).integer(1, Integer.MAX_VALUE).orElse(usual.memoryFactor()));
    }

    private NodeDefaults nodeDefaults() {
        NodeDefaults usual = DeviceSettings.DEFAULT.nodeDefaults();
        return new NodeDefaults(
                (int) at(DeviceKey.DEVICE_SPLIT_COUNT)
                        .integer(1, NodeDefaults.HIGHEST_SPLIT_COUNT)
                        .orElse(usual.deviceSplitCount()),
                at(DeviceKey.DEVICE_MEMORY_SCALING).factor(false).orElse(usual.deviceMemoryScaling()),
                at(DeviceKey.DEVICE_CORE_SCALING).factor(false).orElse(usual.deviceCoreScaling()),
                at(DeviceKey.PRE_CONFIGURED_DEVICE_MEMORY)
                        .integer(0, Long.MAX_VALUE)
                        .orElse(usual.preConfiguredDeviceMemoryMiB()),
                (int) at(DeviceKey.LIB_CUDA_LOG_LEVEL)
                        .integer(0, NodeDefaults.HIGHEST_LOG_LEVEL)
                        .orElse(usual.libCudaLogLevel()),
                flag(DeviceKey.ENABLE_NUMA_TOPOLOGY, usual.enableNumaTopology()));
    }

    private boolean flag(DeviceKey key, boolean usual) {
        return at(key).flag().orElse(usual);
    }

    private String runtimeClassName() {
        SettingsNode node = at(DeviceKey.RUNTIME_CLASS_NAME);
        String expected = "the name of a RuntimeClass, like nvidia";
        String name = node.text(expected).orElse(DeviceSettings.DEFAULT.runtimeClassName());
        if (!name.isEmpty() && !OBJECT_NAME.matcher(name).matches()) {
            node.refuse(quoted(name) + " is not a valid object name; expected " + expected);
        }
        return name;
    }

    private CorePolicy corePolicy() {
        SettingsNode node = at(DeviceKey.GPU_CORE_POLICY);
        CorePolicy usual = DeviceSettings.DEFAULT.gpuCorePolicy();
        String expected = Arrays.stream(CorePolicy.values())
                .map(CorePolicy::wireName)
                .collect(Collectors.joining(", ", "one of ", ""));
        String name = node.text(expected).orElse(usual.wireName());
        return Arrays.stream(CorePolicy.values())
                .filter(policy -> policy.wireName().equals(name))
                .findFirst()
                .orElseGet(() -> {
                    node.refuse(quoted(name) + " is unknown; expected " + expected);
                    return usual;
                });
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
            instance.refuse("has no count; expected the number of such instances, 1 or more");
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
                "lists no profiles; name at least one, or remove the entry to allow all",
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
                        .doubt(quoted(model.text()) + " is already listed in " + earlier.path()
                                + ", and the first entry applies; remove the model here");
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
