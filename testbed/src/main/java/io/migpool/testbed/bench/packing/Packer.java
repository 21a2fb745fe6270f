package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.Seat;
import java.util.Optional;
import java.util.OptionalDouble;

/** A placement rule with the pool that it fills. Used by one thread. */
interface Packer {

    /** Places a request immediately, or refuses it for good. */
    Optional<Seat> place(RequestedProfile profile);

    /** Removes a placed request. */
    void leave(RequestedProfile profile, Seat seat);

    /** Returns the free units that a request of this mix cannot use, per GPU; empty if units have no places. */
    OptionalDouble strandedUnits(Workload workload);
}
