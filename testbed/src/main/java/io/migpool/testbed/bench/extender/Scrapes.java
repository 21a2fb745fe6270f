package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;

/**
 * What it takes to ask the extender for all its figures.
 *
 * @param size the cluster
 * @param samples single requests, until the last byte of the answer
 * @param bytes size of the last answer
 */
record Scrapes(ClusterSize size, Samples samples, int bytes) {

    double mebibytes() {
        return bytes / (double) (1 << 20);
    }
}
