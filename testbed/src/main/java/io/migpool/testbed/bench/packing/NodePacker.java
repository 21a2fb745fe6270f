package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.Seat;
import io.migpool.testbed.bench.load.Slice;
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
    Optional<Seat> choose(Slice slice) {
        Optional<Integer> node = IntStream.range(0, pool().nodes())
                .filter(n ->
                        IntStream.range(pool().firstGpu(n), pool().endGpu(n)).anyMatch(g -> fits(slice, g)))
                .boxed()
                .min(nodes);
        return node.flatMap(n -> IntStream.range(pool().firstGpu(n), pool().endGpu(n))
                .filter(gpu -> fits(slice, gpu))
                .boxed()
                .min(gpus)
                .map(gpu -> new Seat(gpu, start(slice, gpu))));
    }

    private boolean fits(Slice slice, int gpu) {
        return slice.fits(pool().taken(gpu));
    }

    private int start(Slice slice, int gpu) {
        boolean fromTheEnd = someFromTheEnd && (slice.computeSlices() == 1 || slice.computeSlices() == 3);
        for (int i = 0; i < slice.places(); i++) {
            int start = slice.start(fromTheEnd ? slice.places() - 1 - i : i);
            if ((pool().taken(gpu) & slice.window(start)) == 0) {
                return start;
            }
        }
        throw new IllegalStateException(slice.profile() + " does not fit GPU " + gpu);
    }

    @Override
    public Optional<Seat> place(Slice slice) {
        Optional<Seat> seat = super.place(slice);
        seat.ifPresent(chosen -> usage.add(slice, chosen.gpu(), 1));
        return seat;
    }

    @Override
    public void leave(Slice slice, Seat seat) {
        super.leave(slice, seat);
        usage.add(slice, seat.gpu(), -1);
    }
}
