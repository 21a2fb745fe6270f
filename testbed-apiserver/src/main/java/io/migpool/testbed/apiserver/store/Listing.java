package io.migpool.testbed.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Objects at one moment.
 *
 * @param items the objects; must not be modified
 * @param revision the store's revision at that moment
 */
public record Listing(List<ObjectNode> items, long revision) {}
