package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.OptionalInt;

/**
 * What a pod can be given: a MIG device, or a GPU with all that is in it.
 *
 * @param uuid {@code MIG-…} or {@code GPU-…}
 * @param gpuUuid the GPU that it is, or is a part of
 * @param gpuInstanceId of a MIG device
 * @param numaNode of the GPU
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

    /** Whether two pods would be in each other's way. */
    boolean overlaps(LabelDrivenDevice other) {
        return uuid.equals(other.uuid) || uuid.equals(other.gpuUuid) || gpuUuid.equals(other.uuid);
    }
}
