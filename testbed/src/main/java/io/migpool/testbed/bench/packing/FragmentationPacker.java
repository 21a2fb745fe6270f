package io.migpool.testbed.bench.packing;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.extender.placement.BoardScores;
import io.migpool.extender.placement.BoardState;
import io.migpool.extender.placement.Fragmentation;
import io.migpool.extender.placement.MigBoard;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.RequestMix;
import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.Seat;
import io.migpool.testbed.bench.load.Slice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The extender's default policy: its request mix, its tables, its scores. This class only adds the loop over GPUs,
 * which scores every distinct state once rather than every GPU.
 */
final class FragmentationPacker extends PlacePacker {

    /** The cheapest place for an instance, and its cost; no place if there is no room. */
    private record Cheapest(@Nullable Placement place, long cost) {
        private static final Cheapest NO_ROOM = new Cheapest(null, Long.MAX_VALUE);
    }

    private final MigBoard board;
    private final int[] profileOf;
    private final List<PodDemand> demands;
    private final RequestMix mix = new RequestMix();
    private final Fragmentation fragmentation = new Fragmentation(mix);

    private final Map<BoardState, Integer> numbers = new HashMap<>();
    private final List<BoardState> states = new ArrayList<>();
    private final List<@Nullable Cheapest[]> cheapest = new ArrayList<>();
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
            cheapest.add(new Cheapest[demands.size()]);
            return states.size() - 1;
        });
    }

    @Override
    Optional<Seat> choose(Slice slice) {
        mix.observe(demands.get(slice.index()));
        BoardScores now = fragmentation.scores().of(board);
        if (now != scores) {
            scores = now;
            cheapest.replaceAll(_ -> new Cheapest[demands.size()]);
        }
        Cheapest best = Cheapest.NO_ROOM;
        int chosen = -1;
        for (int gpu = 0; gpu < stateOf.length; gpu++) {
            Cheapest here = cheapest(stateOf[gpu], slice);
            if (here.cost() < best.cost()) {
                best = here;
                chosen = gpu;
            }
        }
        return best.place() == null
                ? Optional.empty()
                : Optional.of(new Seat(chosen, best.place().start()));
    }

    private Cheapest cheapest(int number, Slice slice) {
        @Nullable Cheapest[] row = cheapest.get(number);
        Cheapest known = row[slice.index()];
        if (known == null) {
            known = find(states.get(number), slice);
            row[slice.index()] = known;
        }
        return known;
    }

    private Cheapest find(BoardState state, Slice slice) {
        Cheapest found = Cheapest.NO_ROOM;
        for (Placement place : board.profile(profileOf[slice.index()]).placements()) {
            if (!place.mask().overlaps(state.taken()) && scores.cost(state, place) < found.cost()) {
                found = new Cheapest(place, scores.cost(state, place));
            }
        }
        return found;
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
