package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Seat;
import io.migpool.testbed.bench.load.Slice;
import java.util.Optional;
import java.util.OptionalDouble;

/** A rule for placing requests, with the pool it fills. Used by one thread. */
interface Packer {

    /** Places a request at once, or refuses it for ever. */
    Optional<Seat> place(Slice slice);

    /** A placed request has left. */
    void leave(Slice slice, Seat seat);

    /** Free units that a request of this mix cannot use, per GPU; empty where units have no places. */
    OptionalDouble strandedUnits(Workload workload);
}
