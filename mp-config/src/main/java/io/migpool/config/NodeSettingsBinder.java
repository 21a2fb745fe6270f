package io.migpool.config;

import static io.migpool.config.SettingsNode.quoted;

import io.migpool.config.SettingsNode.Value;
import io.migpool.contracts.mig.GpuMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Turns {@code nodeconfig} into {@link NodeSettings}. */
final class NodeSettingsBinder {

    static final List<String> KEYS = List.of(
            "name",
            "labelselector",
            "operatingmode",
            "gpus",
            "migstrategy",
            "filterdevices",
            "devicememoryscaling",
            "devicecorescaling",
            "devicesplitcount",
            "libcudaloglevel",
            "preconfigureddevicememory",
            "enablenumatopology",
            "enablegetpreferredallocation",
            "labeldriven");

    private static final Pattern INDEX = Pattern.compile("\\d{1,9}");
    private static final List<String> GPU_KEYS = List.of("index", "uuid", "operatingmode");
    private static final List<String> GPUS = List.of("uuid", "index");
    private static final String MODES = GpuMode.HAMI_CORE + " or " + GpuMode.MIG;
    private static final String UUID = "the UUID of a GPU, GPU-…, as 'nvidia-smi -L' prints it";

    private NodeSettingsBinder() {}

    /** Reads the settings. Discard the result if the pass ends with problems. */
    static NodeSettings bind(SettingsPass pass) {
        SettingsNode root = SettingsNode.root(pass);
        if (!root.isMappingOf(List.of("nodeconfig"))) {
            return NodeSettings.DEFAULT;
        }
        List<NodeConfig> nodes = new ArrayList<>();
        Map<NodeSelection, SettingsNode> seen = new HashMap<>();
        for (SettingsNode entry : root.child("nodeconfig").elements("name")) {
            if (entry.isMappingOf(KEYS)) {
                node(entry, seen).ifPresent(nodes::add);
            }
        }
        return new NodeSettings(nodes);
    }

    private static Optional<NodeConfig> node(SettingsNode entry, Map<NodeSelection, SettingsNode> seen) {
        int mark = entry.mark();
        Optional<NodeSelection> selection = selection(entry);
        if (selection.isEmpty()) {
            entry.refuseUnlessSince(
                    mark,
                    "has no name and no labelselector; expected the name of a node as 'kubectl get nodes' prints it, a"
                            + " pattern such as gpu-*, or " + LabelSelector.EXPECTED);
        }
        GpuMode mode = mode(entry.child("operatingmode")).orElse(GpuMode.HAMI_CORE);
        GpuModes gpus = gpus(entry.child("gpus"));
        MigStrategy strategy = strategy(entry.child("migstrategy"));
        FilterDevices filter = filter(entry.child("filterdevices"));
        LabelDriven labelDriven = labelDriven(entry.child("labeldriven"));
        NodeOverrides overrides = overrides(entry);
        boolean preferred = entry.child("enablegetpreferredallocation").flag().orElse(false);
        if (selection.isEmpty()) {
            return Optional.empty();
        }
        SettingsNode earlier = seen.putIfAbsent(selection.get().inLowerCase(), entry);
        if (earlier != null) {
            entry.child("name")
                    .refuse(quoted(selection.get().name()) + " is already the node of " + earlier.path()
                            + "; keep one entry");
        }
        return Optional.of(
                new NodeConfig(selection.get(), mode, gpus, strategy, filter, labelDriven, overrides, preferred));
    }

    private static Optional<NodeSelection> selection(SettingsNode entry) {
        Optional<String> name = entry.child("name").text("the name of a node");
        SettingsNode selector = entry.child("labelselector");
        Optional<String> text = selector.text(LabelSelector.EXPECTED);
        Optional<LabelSelector> labels = text.flatMap(LabelSelector::parse);
        if (text.isPresent() && labels.isEmpty()) {
            selector.refuse(quoted(text.get()) + " is not a valid selector; expected " + LabelSelector.EXPECTED);
        }
        return name.isEmpty() && labels.isEmpty()
                ? Optional.empty()
                : Optional.of(new NodeSelection(name.orElse("*"), labels.orElse(LabelSelector.EVERYTHING)));
    }

    private static Optional<GpuMode> mode(SettingsNode node) {
        Optional<String> text = node.text(MODES);
        Optional<GpuMode> mode = text.flatMap(GpuMode::byWireName).filter(known -> known != GpuMode.MPS);
        if (text.isPresent() && mode.isEmpty()) {
            node.refuse(quoted(text.get()) + " is unknown; expected " + MODES);
        }
        return mode;
    }

    private static GpuModes gpus(SettingsNode list) {
        Map<String, GpuMode> byUuid = new HashMap<>();
        Map<Integer, GpuMode> byIndex = new HashMap<>();
        for (SettingsNode entry : list.elements("operatingmode")) {
            int mark = entry.mark();
            if (!entry.isMappingOf(GPU_KEYS)) {
                continue;
            }
            Optional<String> uuid = gpuUuid(entry.child("uuid"));
            OptionalLong index = entry.child("index").integer(0, Integer.MAX_VALUE);
            Optional<GpuMode> mode = mode(entry.child("operatingmode"));
            if (uuid.isPresent() == index.isPresent()) {
                entry.refuseUnlessSince(mark, "must name its GPU by either index or uuid");
            }
            if (mode.isEmpty()) {
                entry.refuseUnlessSince(mark, "has no operatingmode; expected " + MODES);
                continue;
            }
            boolean twice = uuid.map(gpu -> byUuid.putIfAbsent(gpu, mode.get()) != null)
                    .orElseGet(() ->
                            index.isPresent() && byIndex.putIfAbsent((int) index.getAsLong(), mode.get()) != null);
            if (twice) {
                entry.refuse("names the same GPU as an earlier entry; keep one of them");
            }
        }
        return new GpuModes(byUuid, byIndex);
    }

    private static Optional<String> gpuUuid(SettingsNode node) {
        Optional<String> text = node.text(UUID);
        if (text.isPresent() && !text.get().startsWith("GPU-")) {
            node.refuse(quoted(text.get()) + " is not a GPU UUID; expected " + UUID);
            return Optional.empty();
        }
        return text;
    }

    private static MigStrategy strategy(SettingsNode node) {
        String expected = "one of " + MigStrategy.words();
        Optional<String> word = node.text(expected);
        Optional<MigStrategy> strategy = word.flatMap(MigStrategy::byWord);
        if (word.isPresent() && strategy.isEmpty()) {
            node.doubt(quoted(word.get()) + " is unknown; expected " + expected + " (using none)");
        }
        return strategy.orElse(MigStrategy.NONE);
    }

    private static FilterDevices filter(SettingsNode node) {
        if (!node.isMappingOf(GPUS)) {
            return FilterDevices.NONE;
        }
        return new FilterDevices(uuids(node.child("uuid")), indices(node.child("index")));
    }

    /** Reads a boolean for the whole node, or a list of GPUs in the form of {@code filterdevices}. */
    private static LabelDriven labelDriven(SettingsNode node) {
        if (node.hasEntries()) {
            return node.isMappingOf(GPUS)
                    ? new LabelDriven(false, uuids(node.child("uuid")), indices(node.child("index")))
                    : LabelDriven.NONE;
        }
        return node.flag().orElse(false) ? LabelDriven.ALL : LabelDriven.NONE;
    }

    private static List<String> uuids(SettingsNode list) {
        List<String> uuids = new ArrayList<>();
        for (Value value : list.values(UUID)) {
            if (value.text().startsWith("GPU-")) {
                uuids.add(value.text());
            } else {
                value.at().refuse(quoted(value.text()) + " is not a GPU UUID; expected " + UUID);
            }
        }
        return uuids;
    }

    private static List<Integer> indices(SettingsNode list) {
        List<Integer> indices = new ArrayList<>();
        String expected = "the index of a GPU on the node, 0 or more";
        for (Value value : list.values(expected)) {
            if (INDEX.matcher(value.text()).matches()) {
                indices.add(Integer.parseInt(value.text()));
            } else {
                value.at().refuse(quoted(value.text()) + " is not an index; expected " + expected);
            }
        }
        return indices;
    }

    /** HAMi merges an entry over the defaults and skips zero values, so 0 means the cluster's default. */
    private static NodeOverrides overrides(SettingsNode entry) {
        OptionalLong split = entry.child("devicesplitcount").integer(0, NodeDefaults.HIGHEST_SPLIT_COUNT);
        OptionalLong memory = entry.child("preconfigureddevicememory").integer(0, Long.MAX_VALUE);
        OptionalLong level = entry.child("libcudaloglevel").integer(0, NodeDefaults.HIGHEST_LOG_LEVEL);
        return new NodeOverrides(
                split.orElse(0) == 0 ? null : Integer.valueOf((int) split.getAsLong()),
                entry.child("devicememoryscaling")
                        .factor(true)
                        .filter(factor -> factor > 0)
                        .orElse(null),
                entry.child("devicecorescaling")
                        .factor(true)
                        .filter(factor -> factor > 0)
                        .orElse(null),
                memory.orElse(0) == 0 ? null : Long.valueOf(memory.getAsLong()),
                level.isEmpty() ? null : Integer.valueOf((int) level.getAsLong()),
                entry.child("enablenumatopology").flag().orElse(null));
    }
}
