package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.wire.LinkScores;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One node with its GPUs and what is taken on them; immutable.
 *
 * @param name the node
 * @param gpus its GPUs in the order of their index
 * @param unusable why no new pod may come, or null
 * @param links how well its GPUs are linked, as far as the node reports it
 */
public record NodeView(
        String name, List<GpuView> gpus, @Nullable Reason unusable, LinkScores links) {

    /** Scores of links over PCIe within a NUMA node and between NUMA nodes, on the scale of {@link LinkScores}. */
    private static final int SAME_NUMA_NODE = 20;

    private static final int OTHER_NUMA_NODE = 10;

    public NodeView {
        gpus = List.copyOf(gpus);
    }

    /**
     * Returns how well two GPUs are linked, by their positions; more is better. If the node reports no links, GPUs of one NUMA
     * node are taken to be closer.
     */
    public int linkScore(int gpu, int peer) {
        GpuInventory one = gpus.get(gpu).inventory();
        GpuInventory other = gpus.get(peer).inventory();
        if (!links.isEmpty()) {
            return links.between(one.uuid(), other.uuid());
        }
        return one.numaNode() == other.numaNode() ? SAME_NUMA_NODE : OTHER_NUMA_NODE;
    }

    /** Returns the same node with this pod on it too, whether it fits or not; parts of unknown GPUs are ignored. */
    public NodeView plus(PodOccupancy pod) {
        return with(pod, GpuView::plus);
    }

    /** Returns the same node without this pod, which must be counted in it; parts of unknown GPUs are ignored. */
    public NodeView minus(PodOccupancy pod) {
        return with(pod, GpuView::minus);
    }

    private NodeView with(PodOccupancy pod, BiFunction<GpuView, DevicePart, GpuView> change) {
        if (pod.parts().isEmpty()) {
            return this;
        }
        List<GpuView> after = new ArrayList<>(gpus);
        for (DevicePart part : pod.parts()) {
            after.replaceAll(gpu -> gpu.inventory().uuid().equals(part.gpuUuid()) ? change.apply(gpu, part) : gpu);
        }
        return new NodeView(name, after, unusable, links);
    }

    /** Returns whether this pod's parts can all be taken as they are: free, legal, on healthy GPUs that are in service. */
    public boolean admits(PodOccupancy pod) {
        if (unusable != null || !pod.node().equals(name)) {
            return false;
        }
        NodeView view = this;
        for (DevicePart part : pod.parts()) {
            Optional<GpuView> gpu = view.gpu(part.gpuUuid());
            boolean admitted = gpu.isPresent()
                    && gpu.get().inventory().healthy()
                    && !gpu.get().cordoned()
                    && gpu.get().admits(part);
            if (!admitted) {
                return false;
            }
            view = view.plus(new PodOccupancy(name, List.of(part)));
        }
        return true;
    }

    /** Returns the GPU with this UUID. */
    public Optional<GpuView> gpu(String uuid) {
        return gpus.stream().filter(gpu -> gpu.inventory().uuid().equals(uuid)).findFirst();
    }
}
