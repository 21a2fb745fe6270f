package io.migpool.extender.observe;

import io.migpool.extender.placement.NodeView;
import java.io.IOException;
import java.util.List;

/** Some figures about the pool, written at every scrape. Nothing is kept: what has vanished is not written. */
interface FigureSource {

    /** The zone that HAMi gives all its figures. */
    String ZONE = "vGPU";

    /**
     * Writes the figures.
     *
     * @param text where
     * @param nodes all nodes, by name
     */
    void writeTo(GaugeText text, List<NodeView> nodes) throws IOException;
}
