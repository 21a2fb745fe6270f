package io.migpool.deviceplugin.geometry.spec;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.geometry.spec.SpecNode.Mapping;
import io.migpool.deviceplugin.geometry.spec.SpecNode.Scalar;
import io.migpool.deviceplugin.geometry.spec.SpecNode.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration strictly: unknown content is rejected, with its line and path. Whether boards support the
 * layouts is not checked here, because the text may be about other machines.
 */
public final class MigSpecReader {

    private static final String VERSION = "version";
    private static final String CONFIGS = "mig-configs";
    static final String FILTER = "device-filter";
    static final String DEVICES = "devices";
    static final String ENABLED = "mig-enabled";
    static final String MIG_DEVICES = "mig-devices";
    static final String ALL = "all";
    static final String V1 = "v1";

    private final String source;

    private MigSpecReader(String source) {
        this.source = source;
    }

    /**
     * Reads YAML or JSON. An empty text is a configuration without labels.
     *
     * @param source where the text is from, for messages: a file, or a key of a ConfigMap
     * @throws MigSpecException if the text is invalid; names source, line, path, value and what would be right
     */
    public static MigSpec read(String source, String text) throws MigSpecException {
        try {
            return new MigSpecReader(source).spec(mapping(SpecDocument.read(text), "the document"));
        } catch (MigSpecException e) {
            throw new MigSpecException(source + ": " + e.getMessage());
        }
    }

    private MigSpec spec(Mapping root) throws MigSpecException {
        if (root.entries().isEmpty()) {
            return new MigSpec(Map.of());
        }
        requireKnown(root, Set.of(VERSION, CONFIGS), "the document");
        SpecNode version = required(root, VERSION, "the document");
        if (!(version instanceof Scalar scalar && scalar.text().equals(V1))) {
            throw wrong(version, VERSION, "is " + version.kind() + "; this build reads version v1");
        }
        SpecNode configs = root.entries().get(CONFIGS);
        if (configs == null) {
            return new MigSpec(Map.of());
        }
        Map<String, List<MigSpecEntry>> read = new LinkedHashMap<>();
        for (Map.Entry<String, SpecNode> config :
                filled(mapping(configs, CONFIGS)).entries().entrySet()) {
            read.put(config.getKey(), entries(config.getValue(), CONFIGS + "." + config.getKey()));
        }
        return new MigSpec(read);
    }

    private static Mapping filled(Mapping configs) throws MigSpecException {
        if (configs.entries().isEmpty()) {
            throw wrong(configs, CONFIGS, "is empty; name at least one configuration, or remove the key");
        }
        return configs;
    }

    private List<MigSpecEntry> entries(SpecNode node, String path) throws MigSpecException {
        if (!(node instanceof Sequence sequence && !sequence.elements().isEmpty())) {
            throw wrong(node, path, "is " + node.kind() + "; write a list with at least one entry");
        }
        List<MigSpecEntry> entries = new ArrayList<>();
        for (SpecNode element : sequence.elements()) {
            entries.add(entry(element, path + "[" + entries.size() + "]"));
        }
        return entries;
    }

    private MigSpecEntry entry(SpecNode node, String path) throws MigSpecException {
        Mapping entry = mapping(node, path);
        requireKnown(entry, Set.of(FILTER, DEVICES, ENABLED, MIG_DEVICES), path);
        DeviceSelection devices = devices(required(entry, DEVICES, path), path + "." + DEVICES);
        boolean enabled = truth(required(entry, ENABLED, path), path + "." + ENABLED);
        SpecNode counts = entry.entries().get(MIG_DEVICES);
        if (counts == null && enabled) {
            throw wrong(
                    entry,
                    path,
                    "lacks '%s', which '%s: true' needs; write {} for none".formatted(MIG_DEVICES, ENABLED));
        }
        Map<MigProfile, Integer> migDevices =
                counts == null ? Map.of() : migDevices(mapping(counts, path + "." + MIG_DEVICES), path);
        if (!enabled && counts instanceof Mapping named && !named.entries().isEmpty()) {
            throw wrong(
                    counts,
                    path + "." + MIG_DEVICES,
                    "names devices although '%s' is false; remove them".formatted(ENABLED));
        }
        return new MigSpecEntry(
                filters(entry.entries().get(FILTER), path + "." + FILTER),
                devices,
                enabled,
                migDevices,
                "%s: line %d: %s: ".formatted(source, entry.line(), path));
    }

    private static DeviceSelection devices(SpecNode node, String path) throws MigSpecException {
        if (node instanceof Scalar scalar && scalar.text().equals(ALL)) {
            return new DeviceSelection.All();
        }
        if (!(node instanceof Sequence sequence)) {
            throw wrong(node, path, "is " + node.kind() + "; write all, or a list of GPU indices such as [0, 1]");
        }
        List<Integer> indices = new ArrayList<>();
        for (SpecNode element : sequence.elements()) {
            indices.add(number(element, path + "[" + indices.size() + "]"));
        }
        return new DeviceSelection.Indices(indices);
    }

    private static List<DeviceFilter> filters(@Nullable SpecNode node, String path) throws MigSpecException {
        return switch (node) {
            case null -> List.of();
            case Sequence sequence -> {
                List<DeviceFilter> filters = new ArrayList<>();
                for (SpecNode element : sequence.elements()) {
                    filters.add(filter(element, path + "[" + filters.size() + "]"));
                }
                yield filters;
            }
            case Scalar scalar -> scalar.text().isEmpty() ? List.of() : List.of(filter(scalar, path));
            case Mapping mapping -> throw wrong(mapping, path, "is a mapping; write one filter or a list of them");
        };
    }

    private static Map<MigProfile, Integer> migDevices(Mapping counts, String entryPath) throws MigSpecException {
        Map<MigProfile, Integer> read = new LinkedHashMap<>();
        for (Map.Entry<String, SpecNode> count : counts.entries().entrySet()) {
            String path = entryPath + "." + MIG_DEVICES + "." + count.getKey();
            read.merge(profile(count.getKey(), count.getValue(), path), number(count.getValue(), path), Integer::sum);
        }
        if (!read.isEmpty() && read.values().stream().allMatch(count -> count == 0)) {
            throw wrong(counts, entryPath + "." + MIG_DEVICES, "counts only zeros; {} means a GPU without instances");
        }
        return read;
    }

    private static MigProfile profile(String name, SpecNode at, String path) throws MigSpecException {
        try {
            return MigProfile.parse(name);
        } catch (IllegalArgumentException e) {
            throw wrong(at, path, String.valueOf(e.getMessage()));
        }
    }

    private static int number(SpecNode node, String path) throws MigSpecException {
        if (node instanceof Scalar(Scalar.Type type, String digits, int _)
                && type == Scalar.Type.INTEGER
                && digits.matches("\\d{1,6}")) {
            return Integer.parseInt(digits);
        }
        throw wrong(node, path, "is " + node.kind() + "; write a whole number of 0 or more");
    }

    private static boolean truth(SpecNode node, String path) throws MigSpecException {
        // Not by its text, because YAML also has "True" and "yes".
        if (node instanceof Scalar(Scalar.Type type, String _, int _)
                && (type == Scalar.Type.TRUE || type == Scalar.Type.FALSE)) {
            return type == Scalar.Type.TRUE;
        }
        throw wrong(node, path, "is " + node.kind() + "; write true or false");
    }

    /** Reads a filter from the text of a value, which is a number in YAML if it has no quotes. */
    private static DeviceFilter filter(SpecNode node, String path) throws MigSpecException {
        if (!(node instanceof Scalar scalar && !scalar.text().isEmpty())) {
            throw wrong(node, path, "is " + node.kind() + "; write a filter such as \"0x20B210DE\"");
        }
        try {
            return DeviceFilter.parse(scalar.text());
        } catch (IllegalArgumentException e) {
            throw wrong(node, path, String.valueOf(e.getMessage()));
        }
    }

    private static Mapping mapping(SpecNode node, String path) throws MigSpecException {
        if (node instanceof Mapping mapping) {
            return mapping;
        }
        throw wrong(node, path, "is " + node.kind() + "; write a mapping");
    }

    private static SpecNode required(Mapping mapping, String key, String path) throws MigSpecException {
        SpecNode node = mapping.entries().get(key);
        if (node == null) {
            throw wrong(mapping, path, "lacks '" + key + "'");
        }
        return node;
    }

    private static void requireKnown(Mapping mapping, Set<String> keys, String path) throws MigSpecException {
        for (Map.Entry<String, SpecNode> entry : mapping.entries().entrySet()) {
            if (!keys.contains(entry.getKey())) {
                throw wrong(
                        entry.getValue(),
                        path,
                        "has unknown key '%s'; known keys: %s"
                                .formatted(
                                        entry.getKey(), keys.stream().sorted().toList()));
            }
        }
    }

    private static MigSpecException wrong(SpecNode at, String path, String what) {
        return new MigSpecException("line %d: %s %s".formatted(at.line(), path, what));
    }
}
