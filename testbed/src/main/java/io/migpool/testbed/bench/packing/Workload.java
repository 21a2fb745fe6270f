package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.RequestedProfile;

/** A source of requests. */
interface Workload {

    /** Returns the name in tables. */
    String label();

    /** Returns the GPUs that it is for. */
    Board board();

    /** Returns the share of requests for this profile, for rules that are given the mix and for measuring. */
    double share(RequestedProfile profile);

    /**
     * Draws the requests of one run.
     *
     * @param gpus size of the pool
     * @param load mean of requested units over existing units
     * @param seed equal seeds give equal runs
     */
    Arrivals draw(int gpus, double load, long seed);
}
