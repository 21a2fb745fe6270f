package io.migpool.testbed.bench.load;

/**
 * How large a generated cluster is.
 *
 * @param nodes nodes with GPUs
 * @param gpusPerNode GPUs of each, at least 1
 * @param pods pods that have their slices
 */
public record ClusterSize(int nodes, int gpusPerNode, int pods) {

    /**
     * The size for people to read.
     *
     * @return such as {@code 1000 x 8 GPUs, 20000 pods}
     */
    public String text() {
        return "%d x %d GPUs, %d pods".formatted(nodes, gpusPerNode, pods);
    }
}
