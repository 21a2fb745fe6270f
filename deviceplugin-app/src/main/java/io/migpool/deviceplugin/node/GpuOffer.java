package io.migpool.deviceplugin.node;

import io.migpool.config.NodeDefaults;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import java.util.List;

/**
 * One GPU of this node and its role in the pool.
 *
 * @param gpu its description
 * @param mode its present mode
 * @param sharing how it is offered if it is shared in software
 * @param healthy whether new pods may be placed on it
 */
public record GpuOffer(GpuDescription gpu, GpuMode mode, NodeDefaults sharing, boolean healthy) {

    private static final int WHOLE_PERCENT = 100;

    /** Returns the number of slots that it adds to the count resource: as many pods as could ever share it. */
    int slots() {
        return switch (mode) {
            case MIG ->
                gpu.profiles().stream()
                        .mapToInt(ProfileCapability::maxInstances)
                        .max()
                        .orElse(0);
            case HAMI_CORE, MPS -> sharing.deviceSplitCount();
        };
    }

    /** Returns the registration, with the present instances. */
    public GpuInventory inventory(List<MigInstance> instances) {
        List<MigInstance> mine = instances.stream()
                .filter(instance -> instance.slice().gpuUuid().equals(gpu.uuid()))
                .toList();
        List<Placement> blocked = mine.stream()
                .filter(instance -> instance.state().blocks())
                .map(instance -> instance.slice().placement())
                .toList();
        List<GpuInventory.IdleInstance> idle = mine.stream()
                .filter(instance -> instance.state() == InstanceState.IDLE)
                .map(instance -> new GpuInventory.IdleInstance(
                        instance.slice().profile(), instance.slice().placement()))
                .toList();
        boolean mig = mode == GpuMode.MIG;
        return new GpuInventory(
                gpu.uuid(),
                gpu.index(),
                slots(),
                mig ? memoryMiB() : Math.round(memoryMiB() * sharing.deviceMemoryScaling()),
                mig ? WHOLE_PERCENT : (int) Math.round(WHOLE_PERCENT * sharing.deviceCoreScaling()),
                gpu.registeredModel(),
                gpu.numaNode(),
                mode,
                mig ? gpu.profiles() : List.of(),
                healthy,
                mig ? blocked : List.of(),
                mig ? idle : List.of());
    }

    private long memoryMiB() {
        return gpu.memoryMiB() > 0 ? gpu.memoryMiB() : sharing.preConfiguredDeviceMemoryMiB();
    }
}
