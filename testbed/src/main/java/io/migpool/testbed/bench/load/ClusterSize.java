package io.migpool.testbed.bench.load;

/**
 * Size of a generated cluster.
 *
 * @param nodes nodes with GPUs
 * @param gpusPerNode number of GPUs on each, at least 1
 * @param pods pods that have their slices
 */
public record ClusterSize(int nodes, int gpusPerNode, int pods) {

    /** Returns the size for people to read, such as {@code 1000 x 8 GPUs, 20000 pods}. */
    public String text() {
        return "%d x %d GPUs, %d pods".formatted(nodes, gpusPerNode, pods);
    }
}
