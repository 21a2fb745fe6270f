package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.Seat;
import io.migpool.testbed.bench.load.Slice;
import java.util.Optional;
import java.util.OptionalDouble;

/** A rule that assigns requests to places in a pool. */
abstract class PlacePacker implements Packer {

    private final Pool pool;

    PlacePacker(Board board, int gpus) {
        this.pool = new Pool(board, gpus);
    }

    final Pool pool() {
        return pool;
    }

    /** Chooses among the free places. */
    abstract Optional<Seat> choose(Slice slice);

    @Override
    public Optional<Seat> place(Slice slice) {
        Optional<Seat> seat = choose(slice);
        seat.ifPresent(chosen -> pool.take(slice, chosen));
        return seat;
    }

    @Override
    public void leave(Slice slice, Seat seat) {
        pool.free(slice, seat);
    }

    @Override
    public OptionalDouble strandedUnits(Workload workload) {
        return OptionalDouble.of(pool.strandedUnits(workload));
    }
}
