/**
 * This node in the cluster: what it offers, its annotations, the pods bound to it, which GPUs follow its label and who has
 * devices of them, and the ports and adapters for all of that. {@code inject}, {@code handout}, {@code migmanager},
 * {@code rehearsal} and the wiring may enter; it uses the driver port and the instance pool, carries out {@code geometry}'s
 * port to labels, and knows nothing of how containers start.
 */
@NullMarked
package io.migpool.deviceplugin.node;

import org.jspecify.annotations.NullMarked;
