/**
 * The cluster as it was last reported: Nodes, Pods, ResourceQuotas and Namespaces, taken in one by one, make an incremental
 * state that answers with immutable node views. Plain Java on Kubernetes' objects; where they come from is the concern of
 * {@code apiserver}.
 */
@NullMarked
package io.migpool.extender.cluster;

import org.jspecify.annotations.NullMarked;
