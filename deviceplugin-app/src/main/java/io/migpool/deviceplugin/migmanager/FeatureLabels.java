package io.migpool.deviceplugin.migmanager;

import io.migpool.config.MigStrategy;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The labels by which NVIDIA's gpu-feature-discovery describes GPUs and MIG devices, as far as the layout decides them. */
final class FeatureLabels {

    private static final String PREFIX = "nvidia.com/";
    private static final String GPU = PREFIX + "gpu.";
    private static final String CAPABLE = PREFIX + "mig.capable";
    private static final String STRATEGY = PREFIX + "mig.strategy";
    private static final Pattern OURS = Pattern.compile(
            "nvidia\\.com/(mig\\.(capable|strategy)|(gpu|mig-[^/]+)\\.(count|product|replicas|sharing-strategy|memory|slices\\.(gi|ci)))");
    private static final Pattern NOT_IN_LABELS = Pattern.compile("[^A-Za-z0-9\\-_. ]");

    private FeatureLabels() {}

    /** Whether a label is one of those that {@link #of} makes, for any GPUs and any strategy. */
    static boolean owns(String label) {
        return OURS.matcher(label).matches();
    }

    /**
     * What the labels are to say. Where several models are in the way of one value, the first GPU decides.
     *
     * @param gpus by index
     * @return label to value; empty without GPUs. With {@code SINGLE} and GPUs that are not all cut into one kind of device,
     *     the product ends in {@code -MIG-INVALID} and there is none of it
     */
    static SortedMap<String, String> of(List<CutGpu> gpus, MigStrategy strategy) {
        SortedMap<String, String> labels = new TreeMap<>();
        if (gpus.isEmpty()) {
            return labels;
        }
        labels.put(CAPABLE, Boolean.toString(gpus.stream().anyMatch(gpu -> gpu.board()
                .migCapable())));
        switch (strategy) {
            case NONE -> putWhole(labels, gpus);
            case SINGLE -> {
                labels.put(STRATEGY, strategy.word());
                putSingle(labels, gpus);
            }
            case MIXED -> {
                labels.put(STRATEGY, strategy.word());
                putWhole(labels, gpus);
                byProfile(gpus)
                        .forEach((profile, devices) ->
                                putDevices(labels, PREFIX + "mig-" + profile.resourceSuffix() + ".", devices));
            }
        }
        return labels;
    }

    private static void putSingle(SortedMap<String, String> labels, List<CutGpu> gpus) {
        if (gpus.stream().noneMatch(CutGpu::migEnabled)) {
            putWhole(labels, gpus);
            return;
        }
        SortedMap<MigProfile, List<CutGpu.Device>> devices = byProfile(gpus);
        boolean allCut =
                gpus.stream().allMatch(gpu -> gpu.migEnabled() && !gpu.devices().isEmpty());
        if (allCut && devices.size() == 1) {
            putDevices(labels, GPU, devices.firstEntry().getValue());
        } else {
            put(labels, GPU, 0, product(gpus.getFirst().board()) + "-MIG-INVALID", 0, "", 0);
        }
    }

    /** A GPU in MIG mode cannot be handed out as a whole, and has no replicas. */
    private static void putWhole(SortedMap<String, String> labels, List<CutGpu> gpus) {
        List<CutGpu> whole = gpus.stream().filter(gpu -> !gpu.migEnabled()).toList();
        GpuDescription board = (whole.isEmpty() ? gpus : whole).getFirst().board();
        put(labels, GPU, gpus.size(), product(board), whole.isEmpty() ? 0 : 1, "none", board.memoryMiB());
    }

    private static void putDevices(SortedMap<String, String> labels, String prefix, List<CutGpu.Device> devices) {
        CutGpu.Device device = devices.getFirst();
        put(labels, prefix, devices.size(), product(device), 1, "none", memoryMiB(device));
        labels.put(
                prefix + "slices.gi",
                Integer.toString(device.instance().profile().gpuSlices()));
        labels.put(prefix + "slices.ci", Integer.toString(device.profile().computeSlices()));
    }

    private static void put(
            SortedMap<String, String> labels,
            String prefix,
            int count,
            String product,
            int replicas,
            String sharing,
            long memoryMiB) {
        labels.put(prefix + "count", Integer.toString(count));
        labels.put(prefix + "product", product);
        labels.put(prefix + "replicas", Integer.toString(replicas));
        labels.put(prefix + "sharing-strategy", sharing);
        labels.put(prefix + "memory", Long.toString(memoryMiB));
    }

    private static SortedMap<MigProfile, List<CutGpu.Device>> byProfile(List<CutGpu> gpus) {
        SortedMap<MigProfile, List<CutGpu.Device>> devices = new TreeMap<>();
        gpus.stream().flatMap(gpu -> gpu.devices().stream()).forEach(device -> devices.computeIfAbsent(
                        device.profile(), _ -> new ArrayList<>())
                .add(device));
        return devices;
    }

    private static String product(GpuDescription board) {
        return NOT_IN_LABELS.matcher(board.model()).replaceAll("").replace(' ', '-');
    }

    private static String product(CutGpu.Device device) {
        return product(device.board()) + "-MIG-" + device.profile().resourceSuffix();
    }

    private static long memoryMiB(CutGpu.Device device) {
        MigProfile instance = device.instance().profile();
        return device.board()
                .profile(instance)
                .map(ProfileCapability::memoryMiB)
                .orElseGet(instance::nominalMemoryMiB);
    }
}
