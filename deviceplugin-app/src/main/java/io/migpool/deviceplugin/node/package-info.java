/**
 * This node's part in the pool: what it offers and announces, the reservations of the pods bound to it and their repair, which
 * GPUs follow its label and who has devices of them. {@code inject}, {@code handout}, {@code migmanager}, {@code rehearsal},
 * {@code observe}, {@code api} and the wiring may enter; it uses the driver port, {@code health}, {@code cluster} and the
 * instance pool, and knows nothing of how containers start.
 */
@NullMarked
package io.migpool.deviceplugin.node;

import org.jspecify.annotations.NullMarked;
