package io.migpool.extender.pool;

import java.util.Arrays;

/** How many instances of each of a board's profiles exist; immutable. */
public final class InstanceCounts {

    private final int[] counts;

    private InstanceCounts(int[] counts) {
        this.counts = counts;
    }

    static InstanceCounts none(int profiles) {
        return new InstanceCounts(new int[profiles]);
    }

    int of(int profile) {
        return counts[profile];
    }

    public InstanceCounts plus(int profile, int more) {
        int[] sum = counts.clone();
        sum[profile] += more;
        return new InstanceCounts(sum);
    }

    /** Returns whether this is at most {@code limit} in every profile. */
    boolean within(InstanceCounts limit) {
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > limit.counts[i]) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether one more instance of that profile would still be within the limit; this must be within it. */
    boolean leavesRoom(int profile, InstanceCounts limit) {
        return counts[profile] < limit.counts[profile];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InstanceCounts that && Arrays.equals(counts, that.counts);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
        return Arrays.toString(counts);
    }
}
