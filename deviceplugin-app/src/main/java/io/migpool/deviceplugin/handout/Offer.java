package io.migpool.deviceplugin.handout;

import io.migpool.config.MigStrategy;
import io.migpool.deviceplugin.gpu.CutGpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The resources that NVIDIA's device plugin derives from GPUs by a MIG strategy.
 *
 * @param resources devices by resource name, in the order of the GPUs; none is empty
 * @param problem why GPUs are not offered as the strategy demands, if they are not
 */
record Offer(SortedMap<String, List<LabelDrivenDevice>> resources, Optional<String> problem) {

    static final String GPU = "nvidia.com/gpu";
    private static final String MIG = "nvidia.com/mig-";

    /**
     * @param gpus by index
     */
    static Offer of(List<CutGpu> gpus, MigStrategy strategy) {
        return switch (strategy) {
            case NONE -> whole(gpus);
            case SINGLE -> single(gpus);
            case MIXED -> mixed(gpus);
        };
    }

    private static Offer whole(List<CutGpu> gpus) {
        SortedMap<String, List<LabelDrivenDevice>> resources = new TreeMap<>();
        gpus.forEach(gpu -> add(resources, GPU, LabelDrivenDevice.whole(gpu)));
        return new Offer(resources, Optional.empty());
    }

    private static Offer single(List<CutGpu> gpus) {
        if (gpus.stream().noneMatch(CutGpu::migEnabled)) {
            return whole(gpus);
        }
        Optional<String> problem = notOfOneKind(gpus);
        SortedMap<String, List<LabelDrivenDevice>> resources = new TreeMap<>();
        if (problem.isEmpty()) {
            gpus.stream()
                    .flatMap(gpu -> gpu.devices().stream())
                    .forEach(device -> add(resources, GPU, LabelDrivenDevice.part(device)));
        }
        return new Offer(resources, problem);
    }

    private static Optional<String> notOfOneKind(List<CutGpu> gpus) {
        SortedSet<String> kinds = new TreeSet<>();
        for (CutGpu gpu : gpus) {
            if (!gpu.migEnabled()) {
                kinds.add("whole GPUs");
            } else if (gpu.devices().isEmpty()) {
                kinds.add("GPUs in MIG mode without MIG devices");
            }
            gpu.devices().forEach(device -> kinds.add(device.profile().toString()));
        }
        SortedSet<String> ofBoards = gpus.stream()
                .flatMap(gpu -> gpu.devices().stream())
                .map(CutGpu.Device::kind)
                .collect(Collectors.toCollection(TreeSet::new));
        boolean unlikeBoards = kinds.size() == 1 && ofBoards.size() > 1;
        if (kinds.size() == 1
                && !unlikeBoards
                && gpus.stream().noneMatch(gpu -> gpu.devices().isEmpty())) {
            return Optional.empty();
        }
        return Optional.of(
                "migstrategy single offers one kind of MIG device, but there are %s; label the node with a configuration that cuts all its GPUs alike, or set migstrategy mixed in config.json"
                        .formatted(String.join(", ", unlikeBoards ? ofBoards : kinds)));
    }

    private static Offer mixed(List<CutGpu> gpus) {
        SortedMap<String, List<LabelDrivenDevice>> resources = new TreeMap<>();
        for (CutGpu gpu : gpus) {
            if (!gpu.migEnabled()) {
                add(resources, GPU, LabelDrivenDevice.whole(gpu));
            }
            gpu.devices().forEach(device -> add(resources, name(device), LabelDrivenDevice.part(device)));
        }
        return new Offer(resources, Optional.empty());
    }

    /** Returns the name of the resource as which the strategy {@code mixed} offers a device. */
    static String name(CutGpu.Device device) {
        return MIG + device.profile().resourceSuffix();
    }

    private static void add(
            SortedMap<String, List<LabelDrivenDevice>> resources, String name, LabelDrivenDevice device) {
        resources.computeIfAbsent(name, _ -> new ArrayList<>()).add(device);
    }
}
