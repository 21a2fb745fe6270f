/**
 * The life cycle of MIG instances on this node: cut for a pod, kept while it lives, reused or destroyed afterwards, across
 * crashes of the agent. Plain Java over the driver port, which knows neither kubelet nor Kubernetes. {@code inject},
 * {@code node}, {@code rehearsal} and the wiring may enter; {@code sharing} and {@code migmanager} read its claims.
 */
@NullMarked
package io.migpool.deviceplugin.instance;

import org.jspecify.annotations.NullMarked;
