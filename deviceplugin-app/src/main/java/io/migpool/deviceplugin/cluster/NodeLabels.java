package io.migpool.deviceplugin.cluster;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The labels of this node's Node object. */
public interface NodeLabels {

    /** Returns the labels as last watched; empty while the Node has not been seen. */
    Optional<Map<String, String>> current();

    /**
     * Changes some labels in one write and leaves the others unchanged.
     *
     * @param changed label to its new value
     * @param removed labels to remove; none of {@code changed}
     * @throws ClusterException if they could not be set
     */
    void patch(Map<String, String> changed, Set<String> removed) throws ClusterException;
}
