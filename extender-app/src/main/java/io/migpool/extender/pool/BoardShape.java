package io.migpool.extender.pool;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import java.util.List;

/**
 * What decides how much room a board has in any state: where instances may lie, and which may lie side by side. Boards of
 * one shape have the same room in the same state, whatever their model.
 *
 * @param kinds the kinds of instances that may be cut, smallest first
 * @param geometries which of them may lie side by side; empty if all that find a place
 */
public record BoardShape(List<Kind> kinds, List<Geometry> geometries) {

    public BoardShape {
        kinds = List.copyOf(kinds);
        geometries = List.copyOf(geometries);
    }

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

    /**
     * The instances that may lie side by side. Those that exist are told apart by their size only, as a state shows it: where
     * a geometry has several kinds of one size, there may be less room than is counted here.
     *
     * @param ofKind the most of each kind, in the order of the kinds
     * @param ofSize the most of all kinds of a size, by that size
     */
    public record Geometry(List<Integer> ofKind, List<Integer> ofSize) {
        public Geometry {
            ofKind = List.copyOf(ofKind);
            ofSize = List.copyOf(ofSize);
        }

        private boolean covers(int[] existing) {
            for (int size = 0; size < existing.length; size++) {
                if (existing[size] > ofSize.get(size)) {
                    return false;
                }
            }
            return true;
        }

        private int room(int kind, int size, int[] existing) {
            return Math.min(ofKind.get(kind), ofSize.get(size) - existing[size]);
        }
    }

    /** Returns how many more instances of each kind fit alongside the existing ones, if nothing else came. */
    int[] room(BoardState state) {
        int[] room = new int[kinds.size()];
        int[] existing = geometries.isEmpty() ? new int[0] : state.sizes(UnitMask.MAX_UNITS + 1);
        for (int kind = 0; kind < room.length; kind++) {
            int size = kinds.get(kind).size();
            int allowed = geometries.isEmpty() ? UnitMask.MAX_UNITS : 0;
            for (Geometry geometry : geometries) {
                if (geometry.covers(existing)) {
                    allowed = Math.max(allowed, geometry.room(kind, size, existing));
                }
            }
            room[kind] = allowed == 0 ? 0 : Math.min(allowed, kinds.get(kind).room(state.taken()));
        }
        return room;
    }
}
