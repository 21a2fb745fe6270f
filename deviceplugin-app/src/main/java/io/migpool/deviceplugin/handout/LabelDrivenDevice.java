package io.migpool.deviceplugin.handout;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.inject.VisibleDevice;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A device that a pod can be given: a MIG device, or a GPU with everything in it.
 *
 * @param visible what a container sees of it
 * @param numaNode the GPU's NUMA node
 * @param names the resources as which a strategy offers it
 */
record LabelDrivenDevice(VisibleDevice visible, int numaNode, Set<String> names) {

    static LabelDrivenDevice whole(CutGpu gpu) {
        return new LabelDrivenDevice(
                VisibleDevice.gpu(
                        gpu.board().uuid(),
                        gpu.devices().stream().map(LabelDrivenDevice::runtime).toList()),
                gpu.board().numaNode(),
                Set.of(Offer.GPU));
    }

    static LabelDrivenDevice part(CutGpu.Device device) {
        return new LabelDrivenDevice(
                VisibleDevice.instance(device.board().uuid(), runtime(device)),
                device.board().numaNode(),
                Set.of(Offer.GPU, Offer.name(device)));
    }

    private static MigRuntime runtime(CutGpu.Device device) {
        return new MigRuntime(
                device.compute().migUuid(),
                device.instance().id(),
                device.compute().id());
    }

    /** Returns {@code MIG-…} or {@code GPU-…}. */
    String uuid() {
        return visible.uuid();
    }

    /** Returns the GPU that it is or belongs to. */
    String gpuUuid() {
        return visible.gpuUuid();
    }

    /** Returns the GPU instance of a MIG device. */
    OptionalInt gpuInstanceId() {
        return uuid().equals(gpuUuid())
                ? OptionalInt.empty()
                : OptionalInt.of(visible.instances().getFirst().gpuInstanceId());
    }

    /** Returns whether pods with the two devices would be in each other's way. */
    boolean overlaps(LabelDrivenDevice other) {
        return uuid().equals(other.uuid())
                || uuid().equals(other.gpuUuid())
                || gpuUuid().equals(other.uuid());
    }
}
