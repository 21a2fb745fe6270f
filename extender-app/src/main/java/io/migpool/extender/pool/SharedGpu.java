package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuInventory;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A GPU that containers share in software (hami-core).
 *
 * @param inventory what the node registered
 * @param cordoned whether an administrator took it out of use
 * @param usedSlots containers on it
 * @param usedMemoryMiB memory reserved, in MiB
 * @param usedCores compute reserved, in percent
 */
public record SharedGpu(GpuInventory inventory, boolean cordoned, int usedSlots, long usedMemoryMiB, int usedCores)
        implements GpuView {

    private static final int ALL_CORES = 100;

    private enum Shortage {
        SLOTS,
        MEMORY,
        EXCLUSIVE,
        CORES
    }

    /** Creates a GPU without pods. */
    public static SharedGpu empty(GpuInventory inventory, boolean cordoned) {
        return new SharedGpu(inventory, cordoned, 0, 0, 0);
    }

    @Override
    public SharedGpu plus(DevicePart part) {
        return plus(1, part);
    }

    @Override
    public SharedGpu minus(DevicePart part) {
        return plus(-1, part);
    }

    private SharedGpu plus(int users, DevicePart part) {
        return switch (part) {
            case DevicePart.SoftwareShare(var gpu, var memory, var cores) -> plus(users, memory, cores);
            // A pod from when the GPU was cut into instances: its memory is in use until it is gone.
            case DevicePart.MigSlice(var gpu, var profile, var placement) -> plus(users, profile.nominalMemoryMiB(), 0);
            case DevicePart.UnplacedMigSlice(var gpu, var memory) -> plus(users, memory, 0);
        };
    }

    private SharedGpu plus(int users, long memoryMiB, int cores) {
        return new SharedGpu(
                inventory, cordoned, usedSlots + users, usedMemoryMiB + users * memoryMiB, usedCores + users * cores);
    }

    @Override
    public boolean admits(DevicePart part) {
        return part instanceof DevicePart.SoftwareShare(var gpu, var memory, var cores)
                && shortage(memory, cores) == null;
    }

    /**
     * Returns why a share does not fit.
     *
     * @param memoryMiB memory wanted, in MiB
     * @param cores compute wanted, in percent; 0 means no limit
     * @param slot the request, for the text
     */
    public Optional<Reason> refuses(long memoryMiB, int cores, SlotDemand slot) {
        Shortage shortage = shortage(memoryMiB, cores);
        if (shortage == null) {
            return Optional.empty();
        }
        return Optional.of(
                switch (shortage) {
                    case SLOTS -> Reasons.noSlot();
                    case MEMORY -> Reasons.memory(slot.text());
                    case EXCLUSIVE -> Reasons.exclusive();
                    case CORES -> cores == 0 ? Reasons.coresExhausted() : Reasons.cores(cores);
                });
    }

    /** Returns what is lacking, in HAMi's order of checks, or null. */
    private @Nullable Shortage shortage(long memoryMiB, int cores) {
        int totalCores = inventory.corePercent();
        if (usedSlots >= inventory.slots()) {
            return Shortage.SLOTS;
        }
        if (memoryMiB > inventory.memoryMiB() - usedMemoryMiB) {
            return Shortage.MEMORY;
        }
        if (totalCores == ALL_CORES && cores == ALL_CORES && usedSlots > 0) {
            return Shortage.EXCLUSIVE;
        }
        boolean tooFewCores = cores == 0 ? totalCores > 0 && usedCores >= totalCores : cores > totalCores - usedCores;
        return tooFewCores ? Shortage.CORES : null;
    }

    @Override
    public int users() {
        return usedSlots;
    }

    @Override
    public boolean isUsed() {
        return usedSlots > 0;
    }

    @Override
    public int takenPermille() {
        return inventory.memoryMiB() == 0 ? 0 : (int) (usedMemoryMiB * 1000 / inventory.memoryMiB());
    }
}
