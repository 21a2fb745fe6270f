package io.migpool.contracts.mig;

/**
 * Where a GPU instance lies on its GPU: {@code nvmlGpuInstancePlacement_t}.
 *
 * @param start first placement unit, from 0
 * @param size number of placement units, at least 1
 */
public record Placement(int start, int size) implements Comparable<Placement> {

    public Placement {
        if (start < 0 || size < 1 || start > UnitMask.MAX_UNITS - size) {
            throw new IllegalArgumentException(
                    "placement start %d size %d: start must be 0 or more, size 1 or more, and both within %d units"
                            .formatted(start, size, UnitMask.MAX_UNITS));
        }
    }

    /** Returns the unit after the last one. */
    public int end() {
        return start + size;
    }

    /** Returns the units that this placement covers. */
    public UnitMask mask() {
        return UnitMask.range(start, size);
    }

    /** Returns whether both placements need at least one common unit. */
    public boolean overlaps(Placement other) {
        return start < other.end() && other.start < end();
    }

    @Override
    public int compareTo(Placement other) {
        return start != other.start ? Integer.compare(start, other.start) : Integer.compare(size, other.size);
    }

    /** Returns {@code start:size}, as {@code nvidia-smi} prints it. */
    @Override
    public String toString() {
        return start + ":" + size;
    }
}
