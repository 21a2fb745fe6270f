/**
 * This node's part in the pool: what it offers and announces, which GPUs follow its label and which pods have devices
 * of them. It is independent of how containers start.
 */
@NullMarked
package io.migpool.deviceplugin.node;

import org.jspecify.annotations.NullMarked;
