package io.migpool.extender.pool;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How much room a board has, now and soon, for every kind of instance; by state of occupancy, computed on first use
 * and cached. Boards of one shape share a table.
 *
 * <p>Room for a kind of instance is the largest number of them that the free units take and the geometries allow alongside
 * the existing ones. It is measured when the next of
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

    /** No known board holds more than 7 instances. Each more doubles the states that departures lead to. */
    private static final int MOST_LEAVING = 10;

    private static final double HASTE = 8;

    /** An A100 has 417 states; foreign instances add some. Beyond this, the cache is cleared. */
    private static final int MOST_STATES = 16_384;

    private final BoardShape shape;
    private final Map<BoardState, double[]> expected = new ConcurrentHashMap<>();

    public RoomTable(BoardShape shape) {
        this.shape = shape;
    }

    /** Returns the expected number of instances of every kind that fit, in the order of the kinds; not to be modified. */
    public double[] expectedRoom(BoardState state) {
        double[] known = expected.get(state);
        if (known != null) {
            return known;
        }
        int[] now = shape.room(state);
        double[] room = new double[now.length];
        for (int kind = 0; kind < room.length; kind++) {
            room[kind] = HASTE * now[kind];
        }
        double weight = HASTE;
        for (long starts = leaving(state); starts != 0; starts &= starts - 1) {
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

    /** Returns the first units of the instances whose departure counts; where there are very many, all stay. */
    private static long leaving(BoardState state) {
        return state.starts().count() > MOST_LEAVING ? 0 : state.starts().bits();
    }
}
