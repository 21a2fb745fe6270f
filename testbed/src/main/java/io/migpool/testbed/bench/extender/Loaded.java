package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;
import java.time.Duration;

/**
 * What it takes to have a cluster loaded into the application.
 *
 * @param size the cluster
 * @param heapMiB the heap after a collection, with what stands in for the API server; MiB
 * @param first how long the first decision took, for which everything that is bound is listed
 */
record Loaded(ClusterSize size, double heapMiB, Duration first) {

    double firstSeconds() {
        return first.toMillis() / 1000.0;
    }
}
