/**
 * The life cycle of MIG instances on this node: created for a pod, kept while it lives, reused or destroyed
 * afterwards, across crashes of the agent. Plain Java over the driver port, independent of kubelet and Kubernetes.
 */
@NullMarked
package io.migpool.deviceplugin.instance;

import org.jspecify.annotations.NullMarked;
