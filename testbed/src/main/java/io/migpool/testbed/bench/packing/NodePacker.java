package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/** Rules that choose a node first, then a GPU on it, then a start. */
final class NodePacker extends PlacePacker {

    /** Orders nodes; the first that fits is taken. */
    private final Comparator<Integer> nodes;

    private final Comparator<Integer> gpus;
    private final boolean someFromTheEnd;
    private final HamiUsage usage;

    private NodePacker(Board board, int gpuCount, Rule rule) {
        super(board, gpuCount);
        this.usage = new HamiUsage(pool());
        this.someFromTheEnd = rule == Rule.HAMI_2_10;
        this.nodes = switch (rule) {
            case HAMI_2_10 -> Comparator.comparingDouble((Integer node) -> -usage.ofNode(node));
            case INSTASLICE -> Comparator.comparingInt((Integer node) -> -freeUnits(node));
        };
        this.gpus = switch (rule) {
            case HAMI_2_10 ->
                Comparator.comparingDouble((Integer gpu) -> usage.ofGpu(gpu)).thenComparing(Comparator.reverseOrder());
            case INSTASLICE -> Comparator.naturalOrder();
        };
    }

    private enum Rule {
        HAMI_2_10,
        INSTASLICE
    }

    /** HAMi 2.10 as installed: the fullest node, on it the emptiest GPU, 1g and 3g from the end, others from the start. */
    static NodePacker hami210(Board board, int gpus) {
        return new NodePacker(board, gpus, Rule.HAMI_2_10);
    }

    /** InstaSlice: the node with most free units, on it the first GPU and start. */
    static NodePacker instaSlice(Board board, int gpus) {
        return new NodePacker(board, gpus, Rule.INSTASLICE);
    }

    private int freeUnits(int node) {
        return IntStream.range(pool().firstGpu(node), pool().endGpu(node))
                .map(pool()::freeUnits)
                .sum();
    }

    @Override
    Optional<Seat> choose(RequestedProfile profile) {
        Optional<Integer> node = IntStream.range(0, pool().nodes())
                .filter(n ->
                        IntStream.range(pool().firstGpu(n), pool().endGpu(n)).anyMatch(g -> fits(profile, g)))
                .boxed()
                .min(nodes);
        return node.flatMap(n -> IntStream.range(pool().firstGpu(n), pool().endGpu(n))
                .filter(gpu -> fits(profile, gpu))
                .boxed()
                .min(gpus)
                .map(gpu -> new Seat(gpu, start(profile, gpu))));
    }

    private boolean fits(RequestedProfile profile, int gpu) {
        return profile.fits(pool().taken(gpu));
    }

    private int start(RequestedProfile profile, int gpu) {
        boolean fromTheEnd = someFromTheEnd && (profile.computeSlices() == 1 || profile.computeSlices() == 3);
        for (int i = 0; i < profile.places(); i++) {
            int start = profile.start(fromTheEnd ? profile.places() - 1 - i : i);
            if ((pool().taken(gpu) & profile.window(start)) == 0) {
                return start;
            }
        }
        throw new IllegalStateException(profile.migName() + " does not fit GPU " + gpu);
    }

    @Override
    public Optional<Seat> place(RequestedProfile profile) {
        Optional<Seat> seat = super.place(profile);
        seat.ifPresent(chosen -> usage.add(profile, chosen.gpu(), 1));
        return seat;
    }

    @Override
    public void leave(RequestedProfile profile, Seat seat) {
        super.leave(profile, seat);
        usage.add(profile, seat.gpu(), -1);
    }
}
