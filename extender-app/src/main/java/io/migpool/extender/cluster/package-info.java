/**
 * The cluster as the API server shows it: informers on Nodes and Pods feed an incremental state that answers with immutable
 * node views. Only this package reads Kubernetes objects; reservation, observe and api read its views.
 */
@NullMarked
package io.migpool.extender.cluster;

import org.jspecify.annotations.NullMarked;
