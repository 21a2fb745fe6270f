package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.node.DeviceHolders.Holder;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which GPUs kubelet gave to pods by their own names, or parts of them; the pool names nothing but slots.
 *
 * @param holders whom kubelet noted
 * @param driver that knows what is a part of which GPU
 */
record CheckpointUse(KubeletDeviceHolders holders, GpuDriver driver) implements LabelDrivenGpus.ForeignUse {

    @Override
    public boolean has(String gpuUuid) throws IOException {
        Set<String> devices = holders.noted().stream().map(Holder::device).collect(Collectors.toSet());
        if (devices.contains(gpuUuid)) {
            return true;
        }
        if (devices.stream().noneMatch(device -> device.startsWith("MIG-"))) {
            return false;
        }
        try {
            return driver.instances(gpuUuid).stream()
                    .flatMap(instance -> instance.computeInstances().stream())
                    .anyMatch(compute -> devices.contains(compute.migUuid()));
        } catch (GpuException e) {
            throw new IOException("whose " + gpuUuid + " is cannot be told: " + e.getMessage(), e);
        }
    }
}
