package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A GPU that is cut into MIG instances.
 *
 * @param inventory what the node registered
 * @param cordoned whether an administrator took it out of use
 * @param use what can be cut from it, what is taken and what is idle
 * @param unplaced devices of pods whose place on it is not known
 * @param unplacedMiB their memory, in MiB
 */
public record MigGpu(GpuInventory inventory, boolean cordoned, BoardUse use, int unplaced, long unplacedMiB)
        implements GpuView {

    /** Creates a GPU without pods. */
    public static MigGpu empty(GpuInventory inventory, boolean cordoned, MigBoard board) {
        BoardState fixed = BoardState.EMPTY.plusFixed(blocked(inventory));
        return new MigGpu(inventory, cordoned, board.use(fixed, board.noInstances(), inventory.idle()), 0, 0);
    }

    private MigGpu with(BoardState units, InstanceCounts counts) {
        return new MigGpu(inventory, cordoned, board().use(units, counts, use.idle()), unplaced, unplacedMiB);
    }

    /** Adds devices of unknown placement; the node reports the units they occupy as blocked. */
    private MigGpu withUnplaced(int devices, long memoryMiB) {
        return new MigGpu(inventory, cordoned, use, unplaced + devices, unplacedMiB + memoryMiB);
    }

    /** Returns what can be cut from it. */
    public MigBoard board() {
        return use.board();
    }

    /** Units of pods' instances and units that the node reports as blocked. */
    public BoardState units() {
        return use.units();
    }

    /** Returns the number of pods' instances by the board's profile index. */
    public InstanceCounts counts() {
        return use.counts();
    }

    private static UnitMask blocked(GpuInventory inventory) {
        return inventory.blocked().stream().map(Placement::mask).reduce(UnitMask.EMPTY, UnitMask::union);
    }

    /** Returns the units that the node reports as blocked. */
    public UnitMask blocked() {
        return blocked(inventory);
    }

    @Override
    public MigGpu plus(DevicePart part) {
        return switch (part) {
            case DevicePart.MigSlice(var gpu, var profile, var placement) -> with(units().plus(placement), profile, 1);
            // A pod from when the GPU was shared in software: nothing can be cut until it is gone.
            case DevicePart.SoftwareShare share ->
                board().units() == 0 ? this : with(units().plusFixed(UnitMask.range(0, board().units())), counts());
            case DevicePart.UnplacedMigSlice(var gpu, var memoryMiB) -> withUnplaced(1, memoryMiB);
        };
    }

    @Override
    public MigGpu minus(DevicePart part) {
        return switch (part) {
            case DevicePart.MigSlice(var gpu, var profile, var placement) ->
                with(units().minus(placement), profile, -1);
            // Other pods may block the whole GPU for the same reason.
            case DevicePart.SoftwareShare share -> this;
            case DevicePart.UnplacedMigSlice(var gpu, var memoryMiB) -> withUnplaced(-1, -memoryMiB);
        };
    }

    /** Instances of profiles that the board does not offer now occupy their units, but are not counted. */
    private MigGpu with(BoardState changed, MigProfile profile, int instances) {
        OptionalInt index = board().indexOf(profile);
        return with(changed, index.isPresent() ? counts().plus(index.getAsInt(), instances) : counts());
    }

    /** Units of pods' instances and units that the node reports as blocked. */
    public UnitMask taken() {
        return units().taken();
    }

    public MigGpu plusInstance(int profile, Placement placement) {
        return with(units().plus(placement), counts().plus(profile, 1));
    }

    @Override
    public boolean admits(DevicePart part) {
        if (!(part instanceof DevicePart.MigSlice(var gpu, var profile, var placement))) {
            return false;
        }
        var index = board().indexOf(profile);
        return index.isPresent() && admits(index.getAsInt(), placement);
    }

    /** Returns whether an instance of that profile may be placed there beside what is taken already. */
    boolean admits(int profile, Placement placement) {
        return board().allows(profile)
                && board().profile(profile).allows(placement)
                && isFree(placement)
                && board().permits(profile, counts());
    }

    public boolean isFree(Placement placement) {
        return placement.size() == 1
                ? (taken().bits() >>> placement.start() & 1) == 0
                : !taken().overlaps(placement.mask());
    }

    public boolean isFull() {
        return taken().count() >= board().units();
    }

    public boolean hasRoomFor(int profile) {
        for (Placement placement : board().profile(profile).placements()) {
            if (isFree(placement)) {
                return true;
            }
        }
        return false;
    }

    public boolean isIdle(int profile, Placement placement) {
        return !use.idle().isEmpty()
                && use.idle()
                        .contains(new GpuInventory.IdleInstance(
                                board().profile(profile).profile(), placement));
    }

    @Override
    public int users() {
        return unplaced + IntStream.range(0, board().size()).map(counts()::of).sum();
    }

    @Override
    public boolean isUsed() {
        return unplaced > 0 || !taken().isEmpty();
    }

    @Override
    public long usedMemoryMiB() {
        return unplacedMiB
                + IntStream.range(0, board().size())
                        .mapToLong(i -> counts().of(i) * board().profile(i).memoryMiB())
                        .sum();
    }

    /** Profiles' shares are rounded up, so their sum is capped at the whole GPU. */
    @Override
    public int usedCores() {
        int sum = IntStream.range(0, board().size())
                .map(i -> counts().of(i) * board().profile(i).corePercent())
                .sum();
        return Math.min(sum, inventory.corePercent());
    }

    @Override
    public int takenPermille() {
        return board().units() == 0 ? 0 : taken().count() * 1000 / board().units();
    }
}
