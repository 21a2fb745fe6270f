package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;
import java.time.Duration;

/**
 * The cost of having a cluster loaded into the application.
 *
 * @param size the cluster
 * @param first the time until the first decision, which needs a list of all bound pods
 * @param heapMiB the application's heap then, after a collection, in MiB
 * @param laterHeapMiB the same once all loads have filled its caches
 */
record Loaded(ClusterSize size, Duration first, double heapMiB, double laterHeapMiB) {

    double mostHeapMiB() {
        return Math.max(heapMiB, laterHeapMiB);
    }

    double firstSeconds() {
        return first.toMillis() / 1000.0;
    }
}
