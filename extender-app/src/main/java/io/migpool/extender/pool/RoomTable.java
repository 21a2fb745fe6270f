package io.migpool.extender.pool;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How much room a board has, now and soon, for every kind of instance; by state of occupancy, computed on first use
 * and cached. Boards of one shape share a table.
 *
 * <p>Room for a kind of instance is the largest number of them that the free units take. It is measured when the next of
 * many departures is due rather than at once: instances leave independently after equal mean times, the measurement
 * comes {@value #HASTE} times as fast as a single departure, and nothing arrives before. With n instances in place,
 *
 * <pre>
 * expected(state) = (HASTE · room(state) + Σ expected(state without one of them)) / (HASTE + n)
 * </pre>
 *
 * <p>So a GPU that one small instance keeps from being whole is nearly as good as an empty one, and a new instance joins
 * those that will stay long rather than block what is about to be free. Requests play no part here: a table never changes.
 */
public final class RoomTable {

    private static final double HASTE = 8;

    /** An A100 has 417 states; foreign instances add some. Beyond this, the cache is cleared. */
    private static final int MOST_STATES = 16_384;

    /**
     * Where instances of one kind may lie. Profiles that may lie at the same places are of one kind.
     *
     * @param placements legal placements in ascending order, all of one size
     */
    public record Kind(List<Placement> placements) {
        public Kind {
            placements = List.copyOf(placements);
        }

        public int size() {
            return placements.getFirst().size();
        }

        /** Returns the most disjoint instances that fit these units; taking the leftmost first is optimal for equal sizes. */
        int room(UnitMask taken) {
            int room = 0;
            int free = 0;
            for (Placement placement : placements) {
                if (placement.start() >= free && !placement.mask().overlaps(taken)) {
                    room++;
                    free = placement.end();
                }
            }
            return room;
        }
    }

    private final List<Kind> kinds;
    private final Map<BoardState, double[]> expected = new ConcurrentHashMap<>();

    public RoomTable(List<Kind> kinds) {
        this.kinds = List.copyOf(kinds);
    }

    /** Returns the expected number of instances of every kind that fit, in the order of the kinds; not to be modified. */
    public double[] expectedRoom(BoardState state) {
        double[] known = expected.get(state);
        if (known != null) {
            return known;
        }
        double[] room = new double[kinds.size()];
        for (int kind = 0; kind < room.length; kind++) {
            room[kind] = HASTE * kinds.get(kind).room(state.taken());
        }
        double weight = HASTE;
        for (long starts = state.starts().bits(); starts != 0; starts &= starts - 1) {
            double[] later = expectedRoom(state.withoutInstanceAt(Long.numberOfTrailingZeros(starts)));
            for (int kind = 0; kind < room.length; kind++) {
                room[kind] += later[kind];
            }
            weight++;
        }
        for (int kind = 0; kind < room.length; kind++) {
            room[kind] /= weight;
        }
        if (expected.size() >= MOST_STATES) {
            expected.clear();
        }
        expected.put(state, room);
        return room;
    }
}
