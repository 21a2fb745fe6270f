package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;
import java.time.Duration;

/**
 * The cost of loading a cluster into the application.
 *
 * @param size the cluster
 * @param heapMiB the heap after a collection, including the stand-in for the API server, in MiB
 * @param first the time until the first decision, which needs a list of all bound pods
 */
record Loaded(ClusterSize size, double heapMiB, Duration first) {

    double firstSeconds() {
        return first.toMillis() / 1000.0;
    }
}
