/**
 * This node's part in the pool: what it offers and announces, which GPUs follow its label and which pods have devices of
 * them. Used by {@code inject}, {@code handout}, {@code migmanager}, {@code observe}, {@code api} and the wiring; it uses
 * the driver port, {@code health}, {@code cluster}, {@code reservation} and the instance pool, and is independent of how
 * containers start.
 */
@NullMarked
package io.migpool.deviceplugin.node;

import org.jspecify.annotations.NullMarked;
