/**
 * This node in the cluster: what it offers, its annotations, the pods bound to it, and the ports and adapters for all of that.
 * {@code inject} and the wiring may enter; it uses the driver port and the instance pool and knows nothing of kubelet.
 */
@NullMarked
package io.migpool.deviceplugin.node;

import org.jspecify.annotations.NullMarked;
