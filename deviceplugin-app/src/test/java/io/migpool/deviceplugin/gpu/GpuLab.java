package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.List;

/** A machine with GPUs that a test can do to what others do to real ones, and the driver under test on it. */
public interface GpuLab extends AutoCloseable {

    /** The driver under test. */
    GpuDriver driver();

    /** A process opens a context on a device, {@code MIG-…} or {@code GPU-…}. */
    void startProcess(String deviceUuid, long pid, long usedMemoryMiB) throws GpuException;

    void endProcess(long pid) throws GpuException;

    /** Somebody else cuts an instance, with compute instances of so many slices. */
    GpuInstance createForeignInstance(String gpuUuid, MigProfile profile, Placement placement, int... computeSlices)
            throws GpuException;

    /** The GPU falls off the bus. */
    void loseGpu(String gpuUuid) throws GpuException;

    /** Instances are gone, a pending MIG mode is in force, a lost GPU is back. */
    void resetGpu(String gpuUuid) throws GpuException;

    /** The driver reports an Xid on a device, {@code MIG-…} or {@code GPU-…}. */
    void raiseXid(String deviceUuid, long xid) throws GpuException;

    /** From now on the driver says that the GPU needs this. */
    void needRecovery(String gpuUuid, RecoveryAction action) throws GpuException;

    @Override
    void close();

    /** The first GPU. */
    default GpuDescription description() throws GpuException {
        return driver().gpus().getFirst();
    }

    /** UUID of the first GPU. */
    default String gpu() throws GpuException {
        return description().uuid();
    }

    /** Cuts on the first GPU; places are written as {@code start:size}. */
    default GpuInstance cut(String profile, String placement) throws GpuException {
        return driver().createGpuInstance(gpu(), MigProfile.parse(profile), at(placement));
    }

    /** Cuts on the first GPU, with the compute instance that takes all of it. */
    default GpuInstance cutWhole(String profile, String placement) throws GpuException {
        GpuInstance bare = cut(profile, placement);
        ComputeInstance compute = driver().createComputeInstance(bare);
        return new GpuInstance(bare.gpuUuid(), bare.id(), bare.profile(), bare.placement(), List.of(compute));
    }

    /** Destroys the instance and what is in it. */
    default void destroy(GpuInstance instance) throws GpuException {
        for (ComputeInstance compute : instance.computeInstances()) {
            driver().destroyComputeInstance(instance, compute);
        }
        driver().destroyGpuInstance(instance);
    }

    /** The instances of the first GPU. */
    default List<GpuInstance> instances() throws GpuException {
        return driver().instances(gpu());
    }

    static Placement at(String placement) {
        String[] parts = placement.split(":", -1);
        return new Placement(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }
}
