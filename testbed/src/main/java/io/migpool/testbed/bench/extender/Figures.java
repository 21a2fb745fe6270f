package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;

/**
 * What one verb took on one cluster.
 *
 * @param size the cluster
 * @param verb {@code filter}, {@code prioritize} or {@code bind}
 * @param transport {@code in-process} or {@code http}
 * @param nodeNames nodes that the request named; to prioritize those that fit are sent back, to bind one
 * @param samples single calls
 * @param perSecond calls in a second, as many as went
 * @param bytesPerCall what a call allocated in the mean; over HTTP in the whole process, 0 where it was not measured
 */
record Figures(
        ClusterSize size,
        String verb,
        String transport,
        int nodeNames,
        Samples samples,
        double perSecond,
        long bytesPerCall) {

    static Figures inProcess(ClusterSize size, String verb, int nodeNames, Samples samples) {
        return new Figures(size, verb, "in-process", nodeNames, samples, samples.perSecond(), samples.bytesPerCall());
    }

    static Figures overHttp(ClusterSize size, String verb, int nodeNames, Samples samples) {
        return new Figures(size, verb, "http", nodeNames, samples, samples.perSecond(), 0);
    }
}
