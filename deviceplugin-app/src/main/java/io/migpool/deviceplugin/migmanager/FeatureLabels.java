package io.migpool.deviceplugin.migmanager;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

    /**
     * A GPU as it is cut.
     *
     * @param migEnabled whether MIG mode is on
     * @param instances all of them; none while MIG mode is off
     */
    record Gpu(GpuDescription board, boolean migEnabled, List<GpuInstance> instances) {

        Gpu {
            instances = List.copyOf(instances);
        }

        static Gpu read(GpuDriver driver, GpuDescription board) throws GpuException {
            boolean migEnabled =
                    board.migCapable() && driver.migMode(board.uuid()).enabled();
            return new Gpu(board, migEnabled, migEnabled ? driver.instances(board.uuid()) : List.of());
        }

        private List<Device> devices() {
            return instances.stream()
                    .flatMap(instance -> instance.computeInstances().stream()
                            .map(compute -> new Device(board, instance.profile(), compute.profile())))
                    .toList();
        }
    }

    /**
     * A MIG device.
     *
     * @param instance profile of its GPU instance, to which its memory belongs
     * @param profile the device's own, which names it
     */
    private record Device(GpuDescription board, MigProfile instance, MigProfile profile) {

        String product() {
            return FeatureLabels.product(board) + "-MIG-" + profile.resourceSuffix();
        }

        long memoryMiB() {
            return board.profile(instance).map(ProfileCapability::memoryMiB).orElseGet(instance::nominalMemoryMiB);
        }
    }

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
    static SortedMap<String, String> of(List<Gpu> gpus, MigStrategy strategy) {
        SortedMap<String, String> labels = new TreeMap<>();
        if (gpus.isEmpty()) {
            return labels;
        }
        labels.put(CAPABLE, Boolean.toString(gpus.stream().anyMatch(gpu -> gpu.board()
                .migCapable())));
        switch (strategy) {
            case NONE -> putWhole(labels, gpus);
            case SINGLE -> {
                labels.put(STRATEGY, word(strategy));
                putSingle(labels, gpus);
            }
            case MIXED -> {
                labels.put(STRATEGY, word(strategy));
                putWhole(labels, gpus);
                byProfile(gpus)
                        .forEach((profile, devices) ->
                                putDevices(labels, PREFIX + "mig-" + profile.resourceSuffix() + ".", devices));
            }
        }
        return labels;
    }

    private static void putSingle(SortedMap<String, String> labels, List<Gpu> gpus) {
        if (gpus.stream().noneMatch(Gpu::migEnabled)) {
            putWhole(labels, gpus);
            return;
        }
        SortedMap<MigProfile, List<Device>> devices = byProfile(gpus);
        boolean allCut =
                gpus.stream().allMatch(gpu -> gpu.migEnabled() && !gpu.devices().isEmpty());
        if (allCut && devices.size() == 1) {
            putDevices(labels, GPU, devices.firstEntry().getValue());
        } else {
            put(labels, GPU, 0, product(gpus.getFirst().board()) + "-MIG-INVALID", 0, "", 0);
        }
    }

    /** A GPU in MIG mode cannot be handed out as a whole, and has no replicas. */
    private static void putWhole(SortedMap<String, String> labels, List<Gpu> gpus) {
        List<Gpu> whole = gpus.stream().filter(gpu -> !gpu.migEnabled()).toList();
        GpuDescription board = (whole.isEmpty() ? gpus : whole).getFirst().board();
        put(labels, GPU, gpus.size(), product(board), whole.isEmpty() ? 0 : 1, "none", board.memoryMiB());
    }

    private static void putDevices(SortedMap<String, String> labels, String prefix, List<Device> devices) {
        Device device = devices.getFirst();
        put(labels, prefix, devices.size(), device.product(), 1, "none", device.memoryMiB());
        labels.put(prefix + "slices.gi", Integer.toString(device.instance().gpuSlices()));
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

    private static SortedMap<MigProfile, List<Device>> byProfile(List<Gpu> gpus) {
        SortedMap<MigProfile, List<Device>> devices = new TreeMap<>();
        gpus.stream().flatMap(gpu -> gpu.devices().stream()).forEach(device -> devices.computeIfAbsent(
                        device.profile(), _ -> new ArrayList<>())
                .add(device));
        return devices;
    }

    private static String product(GpuDescription board) {
        return NOT_IN_LABELS.matcher(board.model()).replaceAll("").replace(' ', '-');
    }

    private static String word(MigStrategy strategy) {
        return strategy.name().toLowerCase(Locale.ROOT);
    }
}
