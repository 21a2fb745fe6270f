package io.migpool.deviceplugin.geometry;

import java.util.Map;
import java.util.Optional;

/** The labels of this node's Node object. */
public interface NodeLabels {

    /** The labels as last watched; empty while the Node has not been seen. */
    Optional<Map<String, String>> current();

    /**
     * Sets some of them in one write and leaves the others alone.
     *
     * @throws UnreachableException if they could not be set
     */
    void patch(Map<String, String> labels) throws UnreachableException;
}
