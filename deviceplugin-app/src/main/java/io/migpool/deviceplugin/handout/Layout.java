package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How the label-driven GPUs are cut, and what there is of them, offered or not.
 *
 * @param gpus by index
 * @param devices each GPU as a whole, and each of its MIG devices
 */
record Layout(List<CutGpu> gpus, List<LabelledDevice> devices) {

    /** No GPUs, or nobody knows. */
    static final Layout NONE = new Layout(List.of(), List.of());

    Layout {
        gpus = List.copyOf(gpus);
        devices = List.copyOf(devices);
    }

    /**
     * Reads it. Blocks for driver calls.
     *
     * @param gpuUuids those that follow the label
     */
    static Layout read(GpuDriver driver, Set<String> gpuUuids) throws GpuException {
        if (gpuUuids.isEmpty()) {
            return NONE;
        }
        List<CutGpu> gpus = new ArrayList<>();
        List<LabelledDevice> devices = new ArrayList<>();
        for (GpuDescription board : driver.gpus()) {
            if (gpuUuids.contains(board.uuid())) {
                CutGpu gpu = CutGpu.read(driver, board);
                gpus.add(gpu);
                devices.add(LabelledDevice.whole(board));
                gpu.devices().forEach(device -> devices.add(LabelledDevice.part(device)));
            }
        }
        return new Layout(gpus, devices);
    }

    Optional<LabelledDevice> find(String uuid) {
        return devices.stream().filter(device -> device.uuid().equals(uuid)).findFirst();
    }

    Set<String> uuids() {
        return devices.stream().map(LabelledDevice::uuid).collect(Collectors.toUnmodifiableSet());
    }
}
