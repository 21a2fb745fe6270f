package io.migpool.deviceplugin.featurelabels;

import io.migpool.config.MigStrategy;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The labels by which NVIDIA's gpu-feature-discovery describes GPUs and MIG devices. */
final class FeatureLabels {

    private static final String PREFIX = "nvidia.com/";
    private static final String GPU = PREFIX + "gpu.";
    private static final String CUDA = PREFIX + "cuda.";
    /** The time of the last write, in seconds since 1970. */
    static final String TIMESTAMP = PREFIX + "gfd.timestamp";

    private static final String CAPABLE = PREFIX + "mig.capable";
    private static final String STRATEGY = PREFIX + "mig.strategy";
    private static final String MPS = PREFIX + "mps.capable";
    private static final Pattern OURS = Pattern.compile(
            "nvidia\\.com/(mig\\.(capable|strategy)|mps\\.capable|gfd\\.timestamp|cuda\\.(driver\\.(major|minor|rev)|driver-version\\.(major|minor|revision|full)|runtime\\.(major|minor)|runtime-version\\.(major|minor|full))|gpu\\.(machine|mode|family|compute\\.(major|minor))|(gpu|mig-[^/]+)\\.(count|product|replicas|sharing-strategy|memory|multiprocessors|slices\\.(gi|ci)|engines\\.(copy|decoder|encoder|jpeg|ofa)))");
    private static final int LONGEST_VALUE = 63;
    private static final Pattern EDGES = Pattern.compile("^[^A-Za-z0-9]+|[^A-Za-z0-9]+$");
    private static final Pattern NOT_IN_LABELS = Pattern.compile("[^A-Za-z0-9\\-_. ]");

    private FeatureLabels() {}

    /** Returns whether a label is one that {@link #of} makes, for any GPUs and any strategy. */
    static boolean owns(String label) {
        return OURS.matcher(label).matches();
    }

    /**
     * Returns the labels. Where several models would need different values, the first GPU decides.
     *
     * @param gpus the GPUs by index
     * @return label to value; empty without GPUs. With {@code SINGLE} and GPUs that are not all cut into one kind of
     *     device, the product ends in {@code -MIG-INVALID} and its count is 0
     */
    static SortedMap<String, String> of(List<DescribedGpu> gpus, MigStrategy strategy, DescribedHost host) {
        SortedMap<String, String> labels = new TreeMap<>();
        if (gpus.isEmpty()) {
            return labels;
        }
        labels.put(CAPABLE, Boolean.toString(gpus.stream().anyMatch(gpu -> gpu.board()
                .migCapable())));
        labels.put(MPS, "false");
        labels.put(GPU + "machine", sanitised(host.machine(), LONGEST_VALUE));
        labels.put(GPU + "mode", mode(gpus));
        host.versions().ifPresent(versions -> putVersions(labels, versions));
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

    private static void putVersions(SortedMap<String, String> labels, DriverVersions versions) {
        String[] parts = versions.driver().split("\\.", -1);
        // Two parts are as good as three; NVIDIA uses no others.
        if (parts.length == 2 || parts.length == 3) {
            String revision = parts.length == 3 ? parts[2] : "";
            labels.put(CUDA + "driver.major", parts[0]);
            labels.put(CUDA + "driver.minor", parts[1]);
            labels.put(CUDA + "driver.rev", revision);
            labels.put(CUDA + "driver-version.major", parts[0]);
            labels.put(CUDA + "driver-version.minor", parts[1]);
            labels.put(CUDA + "driver-version.revision", revision);
            labels.put(CUDA + "driver-version.full", versions.driver());
        }
        versions.cuda().ifPresent(cuda -> {
            labels.put(CUDA + "runtime.major", Integer.toString(cuda.major()));
            labels.put(CUDA + "runtime.minor", Integer.toString(cuda.minor()));
            labels.put(CUDA + "runtime-version.major", Integer.toString(cuda.major()));
            labels.put(CUDA + "runtime-version.minor", Integer.toString(cuda.minor()));
            labels.put(CUDA + "runtime-version.full", cuda.major() + "." + cuda.minor());
        });
    }

    /** Returns the mode that the GPUs' PCI class stands for, if it is the same for all of them. */
    private static String mode(List<DescribedGpu> gpus) {
        List<OptionalInt> kinds =
                gpus.stream().map(gpu -> gpu.features().pciClass()).distinct().toList();
        int kind = kinds.size() == 1 ? kinds.getFirst().orElse(0) : 0;
        return switch (kind) {
            case GpuFeatures.PCI_3D_CONTROLLER -> "compute";
            case GpuFeatures.PCI_VGA_CONTROLLER -> "graphics";
            default -> "unknown";
        };
    }

    private static void putSingle(SortedMap<String, String> labels, List<DescribedGpu> gpus) {
        if (gpus.stream().noneMatch(DescribedGpu::migEnabled)) {
            putWhole(labels, gpus);
            return;
        }
        SortedMap<MigProfile, List<DescribedGpu.Device>> devices = byProfile(gpus);
        boolean allCut =
                gpus.stream().allMatch(gpu -> gpu.migEnabled() && !gpu.devices().isEmpty());
        long kinds = gpus.stream()
                .flatMap(gpu -> gpu.devices().stream())
                .map(device -> device.device().kind())
                .distinct()
                .count();
        if (allCut && kinds == 1) {
            putDevices(labels, GPU, devices.firstEntry().getValue());
        } else {
            put(labels, GPU, 0, product(gpus.getFirst().board(), "-MIG-INVALID"), 0, "", 0);
            putCapability(labels, gpus);
        }
    }

    /** A GPU in MIG mode cannot be handed out as a whole, and has no replicas. */
    private static void putWhole(SortedMap<String, String> labels, List<DescribedGpu> gpus) {
        List<DescribedGpu> whole =
                gpus.stream().filter(gpu -> !gpu.migEnabled()).toList();
        GpuDescription board = (whole.isEmpty() ? gpus : whole).getFirst().board();
        put(labels, GPU, gpus.size(), product(board), whole.isEmpty() ? 0 : 1, "none", board.memoryMiB());
        putCapability(labels, gpus);
    }

    /** Writes labels that exist for whole GPUs only. */
    private static void putCapability(SortedMap<String, String> labels, List<DescribedGpu> gpus) {
        gpus.stream()
                .filter(gpu -> !gpu.migEnabled())
                .findFirst()
                .flatMap(gpu -> gpu.features().computeCapability())
                .ifPresent(capability -> {
                    labels.put(GPU + "family", family(capability));
                    labels.put(GPU + "compute.major", Integer.toString(capability.major()));
                    labels.put(GPU + "compute.minor", Integer.toString(capability.minor()));
                });
    }

    private static void putDevices(SortedMap<String, String> labels, String prefix, List<DescribedGpu.Device> devices) {
        DescribedGpu.Device device = devices.getFirst();
        put(labels, prefix, devices.size(), product(device), 1, "none", device.memoryMiB());
        labels.put(prefix + "slices.gi", Integer.toString(device.instanceSlices()));
        labels.put(prefix + "slices.ci", Integer.toString(device.profile().computeSlices()));
        device.features().ifPresent(features -> {
            labels.put(prefix + "multiprocessors", Integer.toString(features.multiprocessors()));
            GpuFeatures.Engines engines = features.engines();
            labels.put(prefix + "engines.copy", Integer.toString(engines.copy()));
            labels.put(prefix + "engines.decoder", Integer.toString(engines.decoder()));
            labels.put(prefix + "engines.encoder", Integer.toString(engines.encoder()));
            labels.put(prefix + "engines.jpeg", Integer.toString(engines.jpeg()));
            labels.put(prefix + "engines.ofa", Integer.toString(engines.ofa()));
        });
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

    private static SortedMap<MigProfile, List<DescribedGpu.Device>> byProfile(List<DescribedGpu> gpus) {
        SortedMap<MigProfile, List<DescribedGpu.Device>> devices = new TreeMap<>();
        gpus.stream().flatMap(gpu -> gpu.devices().stream()).forEach(device -> devices.computeIfAbsent(
                        device.profile(), _ -> new ArrayList<>())
                .add(device));
        return devices;
    }

    private static String product(GpuDescription board) {
        return product(board, "");
    }

    private static String product(DescribedGpu.Device device) {
        return product(device.device().board(), "-MIG-" + device.profile().resourceSuffix());
    }

    private static String product(GpuDescription board, String end) {
        return sanitised(board.model(), LONGEST_VALUE - end.length()) + end;
    }

    /** Reduces a text to a valid label value; otherwise the API server would reject all labels together. */
    private static String sanitised(String text, int longest) {
        String known = EDGES.matcher(NOT_IN_LABELS.matcher(text).replaceAll("").replace(' ', '-'))
                .replaceAll("");
        return EDGES.matcher(known.substring(0, Math.min(known.length(), longest)))
                .replaceAll("");
    }

    /** Returns a generation's name as in gpu-feature-discovery. */
    static String family(GpuFeatures.ComputeCapability capability) {
        return switch (capability.major()) {
            case 1 -> "tesla";
            case 2 -> "fermi";
            case 3 -> "kepler";
            case 5 -> "maxwell";
            case 6 -> "pascal";
            case 7 -> capability.minor() < 5 ? "volta" : "turing";
            case 8 -> capability.minor() < 9 ? "ampere" : "ada-lovelace";
            case 9 -> "hopper";
            case 10, 12 -> "blackwell";
            case 13 -> "rubin";
            default -> "undefined";
        };
    }
}
