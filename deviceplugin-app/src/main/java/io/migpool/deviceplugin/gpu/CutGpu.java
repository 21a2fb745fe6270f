package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import java.util.List;

/**
 * A GPU as it is cut.
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

        /** The profile by which the device is called. */
        public MigProfile profile() {
            return compute.profile();
        }

        /** What it is, for people too: devices of unlike boards differ though their profiles are called alike. */
        public String kind() {
            return profile() + " of " + board.model();
        }
    }

    /** Reads what there is. Blocks for driver calls. */
    public static CutGpu read(GpuDriver driver, GpuDescription board) throws GpuException {
        boolean migEnabled = board.migCapable() && driver.migMode(board.uuid()).enabled();
        return new CutGpu(board, migEnabled, migEnabled ? driver.instances(board.uuid()) : List.of());
    }

    /** Its MIG devices. */
    public List<Device> devices() {
        return instances.stream()
                .flatMap(instance ->
                        instance.computeInstances().stream().map(compute -> new Device(board, instance, compute)))
                .toList();
    }
}
