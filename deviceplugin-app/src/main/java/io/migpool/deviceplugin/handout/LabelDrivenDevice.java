package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.OptionalInt;

/**
 * A device that a pod can be given: a MIG device, or a GPU with everything in it.
 *
 * @param uuid {@code MIG-…} or {@code GPU-…}
 * @param gpuUuid the GPU that it is or belongs to
 * @param gpuInstanceId the GPU instance of a MIG device
 * @param numaNode the GPU's NUMA node
 */
record LabelDrivenDevice(String uuid, String gpuUuid, OptionalInt gpuInstanceId, int numaNode) {

    static LabelDrivenDevice whole(GpuDescription board) {
        return new LabelDrivenDevice(board.uuid(), board.uuid(), OptionalInt.empty(), board.numaNode());
    }

    static LabelDrivenDevice part(CutGpu.Device device) {
        return new LabelDrivenDevice(
                device.compute().migUuid(),
                device.board().uuid(),
                OptionalInt.of(device.instance().id()),
                device.board().numaNode());
    }

    /** Returns whether pods with the two devices would be in each other's way. */
    boolean overlaps(LabelDrivenDevice other) {
        return uuid.equals(other.uuid) || uuid.equals(other.gpuUuid) || gpuUuid.equals(other.uuid);
    }
}
