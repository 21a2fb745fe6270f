package io.migpool.extender.observe;

import io.migpool.extender.pool.NodeView;
import java.io.IOException;
import java.util.List;

/** A group of metrics about the pool, computed at every scrape. No state is kept, so series of vanished objects disappear. */
interface FigureSource {

    /** The value of the zone label that HAMi puts on all its metrics. */
    String ZONE = "vGPU";

    /**
     * Writes the metrics.
     *
     * @param text receives the metrics
     * @param nodes all nodes, by name
     */
    void writeTo(GaugeText text, List<NodeView> nodes) throws IOException;
}
