package io.migpool.testbed.bench.extender;

import io.migpool.testbed.bench.load.ClusterSize;

/**
 * Figures of one verb on one cluster.
 *
 * @param size the cluster
 * @param verb {@code filter}, {@code prioritize} or {@code bind}; {@code filter at quota} for pods of a namespace whose
 *     quota is used up
 * @param transport {@code in-process} or {@code http}
 * @param nodeNames number of nodes in the request; for prioritize those that fit are sent back, for bind one
 * @param samples single calls
 * @param perSecond calls per second
 * @param bytesPerCall mean allocation of a call, in bytes; over HTTP that of the application, 0 if not measured
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
