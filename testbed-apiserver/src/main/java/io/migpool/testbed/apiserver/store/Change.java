package io.migpool.testbed.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * One committed write.
 *
 * @param before the object before, null for a creation
 * @param after the object after; for a deletion, its last state with the deletion's revision
 * @param deleted whether the object is gone
 */
public record Change(long revision, @Nullable ObjectNode before, ObjectNode after, boolean deleted) {}
