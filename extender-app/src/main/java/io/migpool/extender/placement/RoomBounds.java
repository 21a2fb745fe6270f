package io.migpool.extender.placement;

import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import io.migpool.extender.pool.SharedGpu;
import io.migpool.extender.pool.SlotDemand;

/**
 * Room in thousandths of a GPU, summed over GPUs in service. Rounded so that what lacks room by these sums really lacks it:
 * what is free or becomes free is rounded up, what is needed is rounded down.
 */
final class RoomBounds {

    private static final long WHOLE = 1000;

    private RoomBounds() {}

    /** Returns the room that is free on the node. */
    static int free(NodeView node) {
        int sum = 0;
        for (GpuView gpu : node.gpus()) {
            if (inService(gpu)) {
                sum += switch (gpu) {
                    case MigGpu mig ->
                        up(
                                mig.board().units() - mig.taken().count(),
                                mig.board().units());
                    case SharedGpu shared ->
                        up(
                                shared.inventory().memoryMiB() - shared.usedMemoryMiB(),
                                shared.inventory().memoryMiB());
                };
            }
        }
        return sum;
    }

    /** Returns the room that becomes free on the node when the pod leaves. */
    static int taken(PodOccupancy pod, NodeView node) {
        int sum = 0;
        for (DevicePart part : pod.parts()) {
            GpuView gpu = node.gpu(part.gpuUuid()).filter(RoomBounds::inService).orElse(null);
            if (gpu != null) {
                sum += switch (part) {
                    case DevicePart.MigSlice instance ->
                        up(instance.placement().size(), gpu.inventory().units());
                    case DevicePart.SoftwareShare share ->
                        up(share.memoryMiB(), gpu.inventory().memoryMiB());
                    case DevicePart.UnplacedMigSlice unplaced -> 0;
                };
            }
        }
        return sum;
    }

    /** Returns the room that the pod needs at least, wherever on the node it goes. */
    static int least(PodDemand pod, NodeView node) {
        Suitability suitability = new Suitability(pod.constraints());
        int sum = 0;
        for (SlotDemand slot : pod.slots()) {
            sum += node.gpus().stream()
                    .filter(gpu -> suitability.ineligible(gpu).isEmpty())
                    .mapToInt(gpu -> least(slot, gpu))
                    .min()
                    .orElse(0);
        }
        return sum;
    }

    private static int least(SlotDemand slot, GpuView gpu) {
        return switch (gpu) {
            case MigGpu mig -> {
                int least = Integer.MAX_VALUE;
                for (int profile : mig.board().serving(slot)) {
                    least = Math.min(
                            least,
                            down(
                                    mig.board().profile(profile).size(),
                                    mig.board().units()));
                }
                yield least;
            }
            case SharedGpu shared -> {
                long all = shared.inventory().memoryMiB();
                yield down(slot.memoryMiBOf(all), all);
            }
        };
    }

    private static boolean inService(GpuView gpu) {
        return gpu.inventory().healthy() && !gpu.cordoned();
    }

    private static int up(long part, long all) {
        return part <= 0 || all <= 0 ? 0 : (int) ((part * WHOLE + all - 1) / all);
    }

    private static int down(long part, long all) {
        return all <= 0 ? 0 : (int) (part * WHOLE / all);
    }
}
