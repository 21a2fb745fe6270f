package io.migpool.testbed.bench;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.extender.placement.BoardScores;
import io.migpool.extender.placement.BoardState;
import io.migpool.extender.placement.Fragmentation;
import io.migpool.extender.placement.MigBoard;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.RequestMix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The extender's default policy: its request mix, its tables, its scores. All that is added here is the loop over GPUs,
 * which asks once for every state that occurs rather than for every GPU.
 */
final class FragmentationPacker extends PlacePacker {

    private static final long UNKNOWN = Long.MIN_VALUE;
    private static final long NO_ROOM = Long.MAX_VALUE;

    private final MigBoard board;
    private final int[] profileOf;
    private final List<PodDemand> demands;
    private final RequestMix mix = new RequestMix();
    private final Fragmentation fragmentation = new Fragmentation(mix);

    private final Map<BoardState, Integer> numbers = new HashMap<>();
    private final List<BoardState> states = new ArrayList<>();
    private final List<long[]> costs = new ArrayList<>();
    private final int[] stateOf;
    private BoardScores scores;

    FragmentationPacker(Board kind, int gpus) {
        super(kind, gpus);
        this.board = kind.migBoard();
        this.profileOf =
                kind.slices().stream().mapToInt(slice -> indexOf(board, slice)).toArray();
        this.demands = kind.slices().stream().map(Slice::demand).toList();
        this.stateOf = new int[gpus];
        this.scores = fragmentation.scores().of(board);
        number(BoardState.EMPTY);
    }

    private static int indexOf(MigBoard board, Slice slice) {
        MigProfile profile = MigProfile.parse(slice.profile());
        return IntStream.range(0, board.size())
                .filter(i -> board.profile(i).profile().equals(profile))
                .findFirst()
                .orElseThrow();
    }

    private int number(BoardState state) {
        return numbers.computeIfAbsent(state, added -> {
            states.add(added);
            costs.add(unknown());
            return states.size() - 1;
        });
    }

    private long[] unknown() {
        return demands.stream().mapToLong(demand -> UNKNOWN).toArray();
    }

    @Override
    Optional<Seat> choose(Slice slice) {
        mix.observe(demands.get(slice.index()));
        BoardScores now = fragmentation.scores().of(board);
        if (now != scores) {
            scores = now;
            costs.replaceAll(old -> unknown());
        }
        long best = NO_ROOM;
        int chosen = -1;
        for (int gpu = 0; gpu < stateOf.length; gpu++) {
            long[] row = costs.get(stateOf[gpu]);
            long cost = row[slice.index()];
            if (cost == UNKNOWN) {
                cost = cost(states.get(stateOf[gpu]), slice);
                row[slice.index()] = cost;
            }
            if (cost < best) {
                best = cost;
                chosen = gpu;
            }
        }
        return chosen < 0
                ? Optional.empty()
                : scores.best(states.get(stateOf[chosen]), profileOf[slice.index()])
                        .map(BoardScores.Best::placement)
                        .map(new SeatOn(chosen)::at);
    }

    private record SeatOn(int gpu) {
        Seat at(Placement placement) {
            return new Seat(gpu, placement.start());
        }
    }

    private long cost(BoardState state, Slice slice) {
        return scores.best(state, profileOf[slice.index()])
                .map(BoardScores.Best::cost)
                .orElse(NO_ROOM);
    }

    @Override
    public Optional<Seat> place(Slice slice) {
        Optional<Seat> seat = super.place(slice);
        seat.ifPresent(taken -> {
            BoardState state = states.get(stateOf[taken.gpu()]);
            stateOf[taken.gpu()] = number(state.plus(new Placement(taken.start(), slice.size())));
        });
        return seat;
    }

    @Override
    public void leave(Slice slice, Seat seat) {
        super.leave(slice, seat);
        BoardState state = states.get(stateOf[seat.gpu()]);
        stateOf[seat.gpu()] = number(state.minus(new Placement(seat.start(), slice.size())));
    }
}
