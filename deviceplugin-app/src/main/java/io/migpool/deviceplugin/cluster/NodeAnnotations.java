package io.migpool.deviceplugin.cluster;

import java.util.Map;
import java.util.Optional;

/** The annotations of this node's Node object. */
public interface NodeAnnotations {

    /** Returns the annotations as last watched; empty while the Node has not been seen. */
    Optional<Map<String, String>> current();

    /**
     * Sets some annotations and leaves the others unchanged.
     *
     * @throws ClusterException if they could not be set
     */
    void patch(Map<String, String> annotations) throws ClusterException;
}
