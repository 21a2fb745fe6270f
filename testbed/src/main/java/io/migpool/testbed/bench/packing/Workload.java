package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.Slice;

/** Where requests come from. */
interface Workload {

    /** The name in tables. */
    String label();

    /** The GPUs that it is for. */
    Board board();

    /** Share of the requests that are for this profile; for rules that are told, and for measuring. */
    double share(Slice slice);

    /**
     * The requests of one run.
     *
     * @param gpus size of the pool
     * @param load requested units over existing ones, in the mean
     * @param seed equal seeds give equal runs
     */
    Arrivals draw(int gpus, double load, long seed);
}
