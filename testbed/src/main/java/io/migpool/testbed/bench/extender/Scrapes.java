package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;

/**
 * The cost of scraping all of the extender's metrics.
 *
 * @param size the cluster
 * @param samples individual requests, until the last byte of the answer
 * @param bytes size of the last answer
 */
record Scrapes(ClusterSize size, Samples samples, int bytes) {

    double mebibytes() {
        return bytes / (double) (1 << 20);
    }
}
