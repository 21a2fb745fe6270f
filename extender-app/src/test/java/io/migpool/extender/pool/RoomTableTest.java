package io.migpool.extender.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.extender.Boards;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tables against brute force on boards of 4, 8 and 12 units. */
class RoomTableTest {

    private static final int ROUNDS = 300;

    /** Computes room by trying every subset of placements. */
    private static int mostDisjoint(List<Placement> placements, UnitMask taken, int from) {
        int most = 0;
        for (int i = from; i < placements.size(); i++) {
            UnitMask mask = placements.get(i).mask();
            if (!mask.overlaps(taken)) {
                most = Math.max(most, 1 + mostDisjoint(placements, taken.union(mask), i + 1));
            }
        }
        return most;
    }

    @ParameterizedTest
    @MethodSource("io.migpool.extender.pool.BoardStates#boards")
    void roomIsTheMostThatFitsNowAndWhatDeparturesWillAdd(MigBoard board) {
        long seed = 20_262;
        Random random = new Random(seed);
        RoomTable table = new RoomTable(board.shape());
        for (int round = 0; round < ROUNDS; round++) {
            BoardState state = BoardStates.random(board, random);
            for (int kind = 0; kind < board.shape().kinds().size(); kind++) {
                BoardShape.Kind of = board.shape().kinds().get(kind);
                assertThat(of.room(state.taken()))
                        .as("seed %d, %s", seed, state)
                        .isEqualTo(mostDisjoint(of.placements(), state.taken(), 0));
                assertThat(table.expectedRoom(state)[kind])
                        .as("seed %d, %s", seed, state)
                        .isBetween(of.room(state.taken()) - 1e-9, of.room(state.fixed()) + 1e-9);
            }
        }
    }

    @Test
    void roomLooksAheadToTheDepartureOfEveryInstance() {
        MigBoard board = BoardStates.board(Boards.a10080("a", 0));
        RoomTable table = new RoomTable(board.shape());
        int whole = board.shape().kinds().size() - 1;
        BoardState one = BoardState.EMPTY.plus(new Placement(6, 1));
        BoardState two = one.plus(new Placement(0, 4));
        double afterOne = 1 / 9.0;
        assertThat(table.expectedRoom(BoardState.EMPTY)[whole]).isEqualTo(1);
        assertThat(table.expectedRoom(one)[whole]).isCloseTo(afterOne, within(1e-12));
        assertThat(table.expectedRoom(two)[whole]).isCloseTo(2 * afterOne / 10, within(1e-12));
    }

    /** Profiles of different sizes: a state shows which of them it has. */
    @Test
    void roomIsWhatTheGeometriesAllow() {
        long seed = 20_264;
        Random random = new Random(seed);
        MigBoard board = BoardStates.geometries();
        RoomTable table = new RoomTable(board.shape());
        for (int round = 0; round < ROUNDS; round++) {
            MigGpu gpu = MigGpu.empty(Boards.a10080("a", 0), false, board);
            for (int i = random.nextInt(6); i > 0; i--) {
                int profile = random.nextInt(board.size());
                MigGpu now = gpu;
                List<Placement> places = board.profile(profile).placements().stream()
                        .filter(placement -> now.admits(profile, placement))
                        .toList();
                gpu = places.isEmpty() ? gpu : gpu.plusInstance(profile, places.get(random.nextInt(places.size())));
            }
            int[] expected = Capacity.of(gpu).room().stream()
                    .mapToInt(Capacity.ProfileRoom::now)
                    .toArray();
            assertThat(board.shape().room(gpu.units()))
                    .as("seed %d, %s", seed, gpu.counts())
                    .isEqualTo(expected);
            assertThat(table.expectedRoom(gpu.units())).hasSize(expected.length);
        }
    }

    @Test
    void whatTheGeometriesForbidIsNoRoomThoughUnitsAreFree() {
        MigBoard board = BoardStates.geometries();
        BoardState half = BoardState.EMPTY.plus(new Placement(4, 4));

        assertThat(board.shape().room(BoardState.EMPTY)).containsExactly(7, 3, 2, 1);
        assertThat(board.shape().room(half)).containsExactly(0, 0, 1, 0);
        assertThat(new RoomTable(board.shape()).expectedRoom(half)[0])
                .as("only once the instance has left")
                .isCloseTo(7 / 9.0, within(1e-12));
    }

    /** No board is like this one, but a node may report it. */
    @Test
    void departuresOfVeryManyInstancesAreNotWorkedOut() {
        MigBoard board = BoardStates.board(
                Boards.mig("a", 0, "many", 16_384, List.of(Boards.profile("1g.1gb", 1024, 14, 1, 16, 1, 0, 1, 2, 3))));
        RoomTable table = new RoomTable(board.shape());
        BoardState state = BoardState.EMPTY;
        for (int start = 0; start < UnitMask.MAX_UNITS; start++) {
            state = state.plus(new Placement(start, 1));
            assertThat(table.expectedRoom(state)[0] > 0)
                    .as("%d instances", start + 1)
                    .isEqualTo(start < 10);
        }
    }

    @Test
    void unitsThatNoPodHoldsAreNeverExpectedBack() {
        MigBoard board = BoardStates.board(Boards.a10080("a", 0));
        RoomTable table = new RoomTable(board.shape());
        BoardState foreign = BoardState.EMPTY.plus(new Placement(0, 2)).plusFixed(UnitMask.range(2, 2));
        assertThat(table.expectedRoom(foreign)[board.shape().kinds().size() - 1])
                .isZero();
        assertThat(foreign.withoutInstanceAt(0).taken()).isEqualTo(UnitMask.range(2, 2));
    }

    @Test
    void boardsOfOneShapeAreEqualWhateverTheirModel() {
        assertThat(BoardStates.board(Boards.a10080("a", 0)).shape())
                .isEqualTo(
                        BoardStates.board(Boards.mig("b", 0, "NVIDIA H100 80GB HBM3", 81_559, Boards.A100_80_PROFILES))
                                .shape())
                .isNotEqualTo(BoardStates.board(Boards.a30("a", 0)).shape())
                .isNotEqualTo(BoardStates.geometries().shape());
    }
}
