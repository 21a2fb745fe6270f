package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
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
    abstract Optional<Seat> choose(RequestedProfile profile);

    @Override
    public Optional<Seat> place(RequestedProfile profile) {
        Optional<Seat> seat = choose(profile);
        seat.ifPresent(chosen -> pool.take(profile, chosen));
        return seat;
    }

    @Override
    public void leave(RequestedProfile profile, Seat seat) {
        pool.free(profile, seat);
    }

    @Override
    public OptionalDouble strandedUnits(Workload workload) {
        return OptionalDouble.of(pool.strandedUnits(workload));
    }
}
