/**
 * The cluster as the API server shows it: informers on Nodes, Pods, ResourceQuotas and Namespaces feed an incremental state
 * that answers with immutable node views. Only this package watches; {@code reservation}, {@code observe}, {@code api} and the
 * wiring read its views.
 */
@NullMarked
package io.migpool.extender.cluster;

import org.jspecify.annotations.NullMarked;
