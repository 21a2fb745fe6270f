package io.migpool.contracts.mig;

/**
 * A set of placement units of one GPU, at most {@value #MAX_UNITS} of them. Boards have 4 (A30), 8 (A100, H100, …) or
 * 12 (RTX PRO 6000) units; the number comes from the reported placements, never from names.
 *
 * @param bits bit {@code i} stands for unit {@code i}
 */
public record UnitMask(long bits) {

    /**
     * The most units of a board. The bound is close to those that exist, because work grows with what may lie on a
     * board: a node that reported more would cost its scheduler far more than any real one.
     */
    public static final int MAX_UNITS = 16;

    /** The empty set. */
    public static final UnitMask EMPTY = new UnitMask(0);

    /**
     * Returns units {@code start} to {@code start + size - 1}.
     *
     * @throws IllegalArgumentException if the range is empty or leaves the mask
     */
    public static UnitMask range(int start, int size) {
        if (start < 0 || size < 1 || start > MAX_UNITS - size) {
            throw new IllegalArgumentException("units %d+%d lie outside 0..%d".formatted(start, size, MAX_UNITS - 1));
        }
        return new UnitMask(((1L << size) - 1) << start);
    }

    /** Returns whether both sets share a unit. */
    public boolean overlaps(UnitMask other) {
        return (bits & other.bits) != 0;
    }

    /** Returns whether this set has every unit of the other. */
    public boolean contains(UnitMask other) {
        return (bits & other.bits) == other.bits;
    }

    /** Returns the units in either set. */
    public UnitMask union(UnitMask other) {
        return new UnitMask(bits | other.bits);
    }

    /** Returns the units of this set that are not in the other. */
    public UnitMask minus(UnitMask other) {
        return new UnitMask(bits & ~other.bits);
    }

    /** Returns whether the set is empty. */
    public boolean isEmpty() {
        return bits == 0;
    }

    /** Returns the number of units in the set. */
    public int count() {
        return Long.bitCount(bits);
    }

    /** Returns the set in binary, unit 0 last. */
    @Override
    public String toString() {
        return Long.toBinaryString(bits);
    }
}
