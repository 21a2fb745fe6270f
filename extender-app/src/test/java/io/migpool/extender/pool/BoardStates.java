package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.extender.Boards;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Boards, and states that they may be in. */
public final class BoardStates {

    private BoardStates() {}

    /** Returns boards of 4, 8 and 12 units. */
    public static List<MigBoard> boards() {
        return List.of(
                board(Boards.a30("a", 0)),
                board(Boards.a10040("a", 0)),
                board(Boards.a10080("a", 0)),
                board(Boards.rtxPro("a", 0)));
    }

    /** Returns the board of the GPU under no rules. */
    public static MigBoard board(GpuInventory gpu) {
        return new MigBoard(gpu, MigRules.UNRESTRICTED);
    }

    /** Returns an A100 under HAMi's geometries. */
    public static MigBoard geometries() {
        return new MigBoard(
                Boards.a10080("a", 0),
                new MigRules(
                        List.of(
                                geometry(Map.of("1g.10gb", 7)),
                                geometry(Map.of("1g.10gb", 1, "2g.20gb", 3)),
                                geometry(Map.of("3g.40gb", 2)),
                                geometry(Map.of("7g.79gb", 1))),
                        null));
    }

    private static MigGeometry geometry(Map<String, Integer> counts) {
        TreeMap<MigProfile, Integer> parsed = new TreeMap<>();
        counts.forEach((name, count) -> parsed.put(MigProfile.parse(name), count));
        return new MigGeometry(parsed);
    }

    /** Returns where one more instance of the profile may lie. */
    public static List<Placement> free(MigBoard board, BoardState state, int profile) {
        return board.profile(profile).placements().stream()
                .filter(placement -> !placement.mask().overlaps(state.taken()))
                .toList();
    }

    /** Returns a state with some instances of pods, and at times a unit out of use. */
    public static BoardState random(MigBoard board, Random random) {
        BoardState state = BoardState.EMPTY;
        if (random.nextInt(4) == 0) {
            state = state.plusFixed(UnitMask.range(random.nextInt(board.units()), 1));
        }
        for (int i = random.nextInt(board.units()); i > 0; i--) {
            List<Placement> places = free(board, state, random.nextInt(board.size()));
            if (!places.isEmpty()) {
                state = state.plus(places.get(random.nextInt(places.size())));
            }
        }
        return state;
    }
}
