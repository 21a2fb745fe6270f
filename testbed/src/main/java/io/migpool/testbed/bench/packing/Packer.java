package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Seat;
import io.migpool.testbed.bench.load.Slice;
import java.util.Optional;
import java.util.OptionalDouble;

/** A placement rule with the pool that it fills. Used by one thread. */
interface Packer {

    /** Places a request immediately, or refuses it for good. */
    Optional<Seat> place(Slice slice);

    /** Removes a placed request. */
    void leave(Slice slice, Seat seat);

    /** Returns the free units that a request of this mix cannot use, per GPU; empty if units have no places. */
    OptionalDouble strandedUnits(Workload workload);
}
