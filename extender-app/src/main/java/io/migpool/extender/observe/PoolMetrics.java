package io.migpool.extender.observe;

import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.pool.NodeView;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * The metrics about the pool: HAMi's (names, labels and units of its {@code cmd/scheduler/metrics.go}) and the extender's
 * own. There are hundreds of thousands in a large cluster, so they are not kept in a registry but written from the cluster
 * view at every scrape.
 */
public final class PoolMetrics {

    private final ClusterState cluster;
    private final List<FigureSource> sources;

    /**
     * @param cluster the pool
     * @param legacy whether HAMi's names before 2.9 are shown too
     */
    public PoolMetrics(ClusterState cluster, boolean legacy) {
        this.cluster = cluster;
        this.sources = List.of(
                new GpuFigures(legacy),
                new PodFigures(cluster, legacy),
                new QuotaFigures(cluster, legacy),
                new CapacityFigures());
    }

    /**
     * Writes all metrics as they are now, in the text format that Prometheus and OpenMetrics share. Leaves the stream open.
     *
     * @throws IOException if the stream does
     */
    public void writeTo(OutputStream out) throws IOException {
        GaugeText text = new GaugeText(out);
        List<NodeView> nodes = cluster.nodes();
        for (FigureSource source : sources) {
            source.writeTo(text, nodes);
        }
        text.flush();
    }
}
