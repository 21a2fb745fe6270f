package io.migpool.testbed.bench.packing;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.extender.placement.BoardScores;
import io.migpool.extender.placement.Fragmentation;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.pool.BoardState;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.PodDemand;
import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
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
        this.profileOf = kind.profiles().stream()
                .mapToInt(profile -> indexOf(board, profile))
                .toArray();
        this.demands = kind.profiles().stream().map(RequestedProfile::demand).toList();
        this.stateOf = new int[gpus];
        this.scores = fragmentation.scores().of(board);
        number(BoardState.EMPTY);
    }

    private static int indexOf(MigBoard board, RequestedProfile requested) {
        MigProfile profile = MigProfile.parse(requested.migName());
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
    Optional<Seat> choose(RequestedProfile profile) {
        mix.observe(demands.get(profile.index()));
        BoardScores now = fragmentation.scores().of(board);
        if (now != scores) {
            scores = now;
            cheapest.replaceAll(_ -> new Cheapest[demands.size()]);
        }
        Cheapest best = Cheapest.NO_ROOM;
        int chosen = -1;
        for (int gpu = 0; gpu < stateOf.length; gpu++) {
            Cheapest here = cheapest(stateOf[gpu], profile);
            if (here.cost() < best.cost()) {
                best = here;
                chosen = gpu;
            }
        }
        return best.place() == null
                ? Optional.empty()
                : Optional.of(new Seat(chosen, best.place().start()));
    }

    private Cheapest cheapest(int number, RequestedProfile profile) {
        @Nullable Cheapest[] row = cheapest.get(number);
        Cheapest known = row[profile.index()];
        if (known == null) {
            known = find(states.get(number), profile);
            row[profile.index()] = known;
        }
        return known;
    }

    private Cheapest find(BoardState state, RequestedProfile profile) {
        Cheapest found = Cheapest.NO_ROOM;
        for (Placement place : board.profile(profileOf[profile.index()]).placements()) {
            if (!place.mask().overlaps(state.taken()) && scores.cost(state, place) < found.cost()) {
                found = new Cheapest(place, scores.cost(state, place));
            }
        }
        return found;
    }

    @Override
    public Optional<Seat> place(RequestedProfile profile) {
        Optional<Seat> seat = super.place(profile);
        seat.ifPresent(taken -> {
            BoardState state = states.get(stateOf[taken.gpu()]);
            stateOf[taken.gpu()] = number(state.plus(new Placement(taken.start(), profile.size())));
        });
        return seat;
    }

    @Override
    public void leave(RequestedProfile profile, Seat seat) {
        super.leave(profile, seat);
        BoardState state = states.get(stateOf[seat.gpu()]);
        stateOf[seat.gpu()] = number(state.minus(new Placement(seat.start(), profile.size())));
    }
}
