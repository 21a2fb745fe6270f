/**
 * This node's part in the pool: what it offers and announces, the reservations of the pods bound to it and their
 * repair, which GPUs follow its label and which pods have devices of them. Used by {@code inject}, {@code handout},
 * {@code migmanager}, {@code rehearsal}, {@code observe}, {@code api} and the wiring; it uses the driver port,
 * {@code health}, {@code cluster} and the instance pool, and is independent of how containers start.
 */
@NullMarked
package io.migpool.deviceplugin.node;

import org.jspecify.annotations.NullMarked;
