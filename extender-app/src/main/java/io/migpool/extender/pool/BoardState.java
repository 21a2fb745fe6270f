package io.migpool.extender.pool;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import org.jspecify.annotations.Nullable;

/**
 * What is taken on one GPU, in enough detail to see which units become free together.
 *
 * @param fixed units that no pod will free: foreign instances, units out of use
 * @param pods units of pods' instances
 * @param starts first units of pods' instances; an instance reaches to the next start or free unit
 */
public record BoardState(UnitMask fixed, UnitMask pods, UnitMask starts) {

    /** Returns the state with nothing taken. */
    public static final BoardState EMPTY = new BoardState(UnitMask.EMPTY, UnitMask.EMPTY, UnitMask.EMPTY);

    /** Returns the state with everything taken. */
    public UnitMask taken() {
        return fixed.union(pods);
    }

    /** Returns this state with one more instance of a pod. */
    public BoardState plus(Placement instance) {
        return new BoardState(fixed, pods.union(instance.mask()), starts.union(UnitMask.range(instance.start(), 1)));
    }

    /** Returns this state without this instance of a pod. */
    public BoardState minus(Placement instance) {
        return new BoardState(fixed, pods.minus(instance.mask()), starts.minus(UnitMask.range(instance.start(), 1)));
    }

    /** Returns this state with these units blocked. */
    public BoardState plusFixed(UnitMask units) {
        return new BoardState(fixed.union(units), pods, starts);
    }

    /** Returns this state without the instance that starts there. */
    public BoardState withoutInstanceAt(int start) {
        return minus(new Placement(start, sizeAt(start)));
    }

    private int sizeAt(int start) {
        int end = start + 1;
        while (end < UnitMask.MAX_UNITS && has(pods, end) && !has(starts, end)) {
            end++;
        }
        return end - start;
    }

    /**
     * Returns how many instances of pods there are of each size.
     *
     * @param length of the answer; larger than every size
     */
    int[] sizes(int length) {
        int[] sizes = new int[length];
        for (long left = starts.bits(); left != 0; left &= left - 1) {
            sizes[sizeAt(Long.numberOfTrailingZeros(left))]++;
        }
        return sizes;
    }

    /** Computed for every option of every decision: cheaper than the record's own. */
    @Override
    public int hashCode() {
        return Long.hashCode((fixed.bits() * 31 + pods.bits()) * 31 + starts.bits());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BoardState that
                && fixed.bits() == that.fixed.bits()
                && pods.bits() == that.pods.bits()
                && starts.bits() == that.starts.bits();
    }

    private static boolean has(UnitMask mask, int unit) {
        return (mask.bits() >>> unit & 1) != 0;
    }
}
