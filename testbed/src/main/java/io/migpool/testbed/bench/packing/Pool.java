package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;

/** Units taken on every GPU. Nodes have eight GPUs each; the last one may have fewer. */
final class Pool {

    static final int GPUS_PER_NODE = 8;

    private final Board board;
    private final int[] taken;

    Pool(Board board, int gpus) {
        this.board = board;
        this.taken = new int[gpus];
    }

    Board board() {
        return board;
    }

    int gpus() {
        return taken.length;
    }

    int nodes() {
        return Math.ceilDiv(taken.length, GPUS_PER_NODE);
    }

    int firstGpu(int node) {
        return node * GPUS_PER_NODE;
    }

    /** Returns the GPU after the node's last one. */
    int endGpu(int node) {
        return Math.min(taken.length, (node + 1) * GPUS_PER_NODE);
    }

    /** Returns the units taken, as bits. */
    int taken(int gpu) {
        return taken[gpu];
    }

    int freeUnits(int gpu) {
        return board.units() - Integer.bitCount(taken[gpu]);
    }

    /** @throws IllegalStateException if some of the units are taken: the rule that chose is wrong */
    void take(RequestedProfile profile, Seat seat) {
        int window = profile.window(seat.start());
        if ((taken[seat.gpu()] & window) != 0) {
            throw new IllegalStateException("%s at %d of GPU %d overlaps %s"
                    .formatted(profile.migName(), seat.start(), seat.gpu(), Integer.toBinaryString(taken[seat.gpu()])));
        }
        taken[seat.gpu()] |= window;
    }

    void free(RequestedProfile profile, Seat seat) {
        taken[seat.gpu()] &= ~profile.window(seat.start());
    }

    /** Returns the mean, over requests and GPUs, of free units that a request of this mix cannot use. */
    double strandedUnits(Workload workload) {
        double sum = 0;
        for (int gpu = 0; gpu < taken.length; gpu++) {
            for (RequestedProfile profile : board.profiles()) {
                sum += profile.fits(taken[gpu]) ? 0 : workload.share(profile) * freeUnits(gpu);
            }
        }
        return sum / taken.length;
    }
}
