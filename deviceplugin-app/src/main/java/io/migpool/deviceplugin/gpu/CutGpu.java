package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import java.util.List;

/**
 * A GPU with its present instances.
 *
 * @param board the GPU
 * @param migEnabled whether MIG mode is on
 * @param instances all of them; none while MIG mode is off
 */
public record CutGpu(GpuDescription board, boolean migEnabled, List<GpuInstance> instances) {

    public CutGpu {
        instances = List.copyOf(instances);
    }

    /**
     * A MIG device.
     *
     * @param board the GPU that it is a part of
     * @param instance the GPU instance, to which its memory belongs
     * @param compute the compute instance, which names it
     */
    public record Device(GpuDescription board, GpuInstance instance, ComputeInstance compute) {

        /** Returns the profile in the device's name. */
        public MigProfile profile() {
            return compute.profile();
        }

        /**
         * Returns the kind of device, also for messages: devices of different boards differ even if their profiles have
         * the same name.
         */
        public String kind() {
            return profile() + " of " + board.model();
        }
    }

    /** Reads the present state. Blocks on driver calls. */
    public static CutGpu read(GpuDriver driver, GpuDescription board) throws GpuException {
        boolean migEnabled = board.migCapable() && driver.migMode(board.uuid()).enabled();
        return new CutGpu(board, migEnabled, migEnabled ? driver.instances(board.uuid()) : List.of());
    }

    /** Returns its MIG devices. */
    public List<Device> devices() {
        return instances.stream()
                .flatMap(instance ->
                        instance.computeInstances().stream().map(compute -> new Device(board, instance, compute)))
                .toList();
    }
}
