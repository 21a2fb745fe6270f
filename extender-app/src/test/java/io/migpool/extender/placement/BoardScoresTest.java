package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tables against brute force on boards of 4, 8 and 12 units. */
class BoardScoresTest {

    private static final int ROUNDS = 300;

    static List<MigBoard> boards() {
        return List.of(
                board(Boards.a30("a", 0)),
                board(Boards.a10040("a", 0)),
                board(Boards.a10080("a", 0)),
                board(Boards.rtxPro("a", 0)));
    }

    private static MigBoard board(GpuInventory gpu) {
        return new MigBoard(gpu, MigRules.UNRESTRICTED);
    }

    private static BoardScores scores(MigBoard board) {
        return new Fragmentation(new RequestMix()).scores().of(board);
    }

    private static List<Placement> free(MigBoard board, BoardState state, int profile) {
        return board.profile(profile).placements().stream()
                .filter(placement -> !placement.mask().overlaps(state.taken()))
                .toList();
    }

    private static BoardState randomState(MigBoard board, Random random) {
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
    @MethodSource("boards")
    void anInstanceCostsTheWorthThatItTakes(MigBoard board) {
        long seed = 20_261;
        Random random = new Random(seed);
        BoardScores scores = scores(board);
        for (int round = 0; round < ROUNDS; round++) {
            BoardState state = randomState(board, random);
            List<Placement> places = free(board, state, random.nextInt(board.size()));
            assertThat(places).as("seed %d, %s", seed, state).allSatisfy(place -> assertThat(scores.cost(state, place))
                    .isEqualTo(scores.worth(state) - scores.worth(state.plus(place)))
                    .isNotNegative());
        }
    }

    private static Placement cheapest(BoardScores scores, MigBoard board, BoardState state, int profile) {
        return free(board, state, profile).stream()
                .min(Comparator.comparingLong(place -> scores.cost(state, place)))
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("boards")
    void roomIsTheMostThatFitsNowAndWhatDeparturesWillAdd(MigBoard board) {
        long seed = 20_262;
        Random random = new Random(seed);
        RoomTable table = new RoomTable(board.kinds());
        for (int round = 0; round < ROUNDS; round++) {
            BoardState state = randomState(board, random);
            for (int kind = 0; kind < board.kinds().size(); kind++) {
                RoomTable.Kind of = board.kinds().get(kind);
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
        MigBoard board = board(Boards.a10080("a", 0));
        RoomTable table = new RoomTable(board.kinds());
        int whole = board.kinds().size() - 1;
        BoardState one = BoardState.EMPTY.plus(new Placement(6, 1));
        BoardState two = one.plus(new Placement(0, 4));
        double afterOne = 1 / 9.0;
        assertThat(table.expectedRoom(BoardState.EMPTY)[whole]).isEqualTo(1);
        assertThat(table.expectedRoom(one)[whole]).isCloseTo(afterOne, within(1e-12));
        assertThat(table.expectedRoom(two)[whole]).isCloseTo(2 * afterOne / 10, within(1e-12));
    }

    @Test
    void unitsThatNoPodHoldsAreNeverExpectedBack() {
        MigBoard board = board(Boards.a10080("a", 0));
        RoomTable table = new RoomTable(board.kinds());
        BoardState foreign = BoardState.EMPTY.plus(new Placement(0, 2)).plusFixed(UnitMask.range(2, 2));
        assertThat(table.expectedRoom(foreign)[board.kinds().size() - 1]).isZero();
        assertThat(foreign.withoutInstanceAt(0).taken()).isEqualTo(UnitMask.range(2, 2));
    }

    @ParameterizedTest
    @MethodSource("boards")
    void tablesDoNotDependOnTheOrderOfQuestions(MigBoard board) {
        long seed = 20_263;
        Random random = new Random(seed);
        List<BoardState> states = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            states.add(randomState(board, random));
        }
        BoardScores forward = scores(board);
        BoardScores backward = scores(board);
        List<Long> asked = states.stream().map(forward::worth).toList();
        List<Long> reversed =
                states.reversed().stream().map(backward::worth).toList().reversed();
        assertThat(asked).as("seed %d", seed).isEqualTo(reversed);
    }

    @Test
    void boardsOfOneShapeHaveEqualKindsWhateverTheirModel() {
        assertThat(board(Boards.a10080("a", 0)).kinds())
                .isEqualTo(board(Boards.mig("b", 0, "NVIDIA H100 80GB HBM3", 81_559, Boards.A100_80_PROFILES))
                        .kinds())
                .isNotEqualTo(board(Boards.a30("a", 0)).kinds());
    }

    @Test
    void anInstanceJoinsAHalfUsedGpuRatherThanBreakAnEmptyOne() {
        MigBoard board = board(Boards.a10080("a", 0));
        BoardScores scores = scores(board);
        int small = board.serving(Demands.mib(10_240).slots().getFirst())[0];
        BoardState half = BoardState.EMPTY.plus(new Placement(4, 4));
        assertThat(scores.cost(half, cheapest(scores, board, half, small)))
                .isLessThan(scores.cost(BoardState.EMPTY, cheapest(scores, board, BoardState.EMPTY, small)));
    }

    @Test
    void popularProfilesKeepTheirPlaces() {
        MigBoard board = board(Boards.a10080("a", 0));
        RequestMix mix = new RequestMix();
        for (int i = 0; i < 200; i++) {
            mix.observe(Demands.mib(40_960));
        }
        BoardScores scores = new Fragmentation(mix).scores().of(board);
        BoardState left = BoardState.EMPTY.plus(new Placement(0, 1));
        int small = board.serving(Demands.mib(10_240).slots().getFirst())[0];
        assertThat(cheapest(scores, board, left, small).start()).isLessThan(4);
    }
}
