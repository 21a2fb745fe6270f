/**
 * The life cycle of MIG instances on this node: cut for a pod, kept while it lives, reused or destroyed afterwards, across crashes
 * of the agent. Plain Java over the driver port; {@code inject} and {@code node} may enter, it knows neither kubelet nor Kubernetes.
 */
@NullMarked
package io.migpool.deviceplugin.instance;

import org.jspecify.annotations.NullMarked;
