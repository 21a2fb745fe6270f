package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.node.DeviceHolders.Holder;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds GPUs that kubelet gave to pods under their own UUIDs, as a whole or in parts. The pool's devices are slots, so
 * these pods did not get them from the pool.
 *
 * @param holders the holders in kubelet's checkpoint
 * @param driver maps MIG devices to GPUs
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
            throw new IOException("cannot determine who uses " + gpuUuid + ": " + e.getMessage(), e);
        }
    }
}
