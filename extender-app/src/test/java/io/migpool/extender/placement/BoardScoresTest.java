package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.Placement;
import io.migpool.extender.Boards;
import io.migpool.extender.Demands;
import io.migpool.extender.pool.BoardState;
import io.migpool.extender.pool.BoardStates;
import io.migpool.extender.pool.MigBoard;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What instances cost, on boards of 4, 8 and 12 units. */
class BoardScoresTest {

    private static final int ROUNDS = 300;

    private static BoardScores scores(MigBoard board) {
        return new Fragmentation(new RequestMix()).scores().of(board);
    }

    @ParameterizedTest
    @MethodSource("io.migpool.extender.pool.BoardStates#boards")
    void anInstanceCostsTheWorthThatItTakes(MigBoard board) {
        long seed = 20_261;
        Random random = new Random(seed);
        BoardScores scores = scores(board);
        for (int round = 0; round < ROUNDS; round++) {
            BoardState state = BoardStates.random(board, random);
            List<Placement> places = BoardStates.free(board, state, random.nextInt(board.size()));
            assertThat(places).as("seed %d, %s", seed, state).allSatisfy(place -> assertThat(scores.cost(state, place))
                    .isEqualTo(scores.worth(state) - scores.worth(state.plus(place)))
                    .isNotNegative());
        }
    }

    private static Placement cheapest(BoardScores scores, MigBoard board, BoardState state, int profile) {
        return BoardStates.free(board, state, profile).stream()
                .min(Comparator.comparingLong(place -> scores.cost(state, place)))
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("io.migpool.extender.pool.BoardStates#boards")
    void tablesDoNotDependOnTheOrderOfQuestions(MigBoard board) {
        long seed = 20_263;
        Random random = new Random(seed);
        List<BoardState> states = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            states.add(BoardStates.random(board, random));
        }
        BoardScores forward = scores(board);
        BoardScores backward = scores(board);
        List<Long> asked = states.stream().map(forward::worth).toList();
        List<Long> reversed =
                states.reversed().stream().map(backward::worth).toList().reversed();
        assertThat(asked).as("seed %d", seed).isEqualTo(reversed);
    }

    @Test
    void anInstanceJoinsAHalfUsedGpuRatherThanBreakAnEmptyOne() {
        MigBoard board = BoardStates.board(Boards.a10080("a", 0));
        BoardScores scores = scores(board);
        int small = board.serving(Demands.mib(10_240).slots().getFirst())[0];
        BoardState half = BoardState.EMPTY.plus(new Placement(4, 4));
        assertThat(scores.cost(half, cheapest(scores, board, half, small)))
                .isLessThan(scores.cost(BoardState.EMPTY, cheapest(scores, board, BoardState.EMPTY, small)));
    }

    @Test
    void popularProfilesKeepTheirPlaces() {
        MigBoard board = BoardStates.board(Boards.a10080("a", 0));
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
