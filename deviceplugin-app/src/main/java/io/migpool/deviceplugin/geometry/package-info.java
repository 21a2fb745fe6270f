/**
 * Whole layouts of GPUs as people write them down (mig-parted configuration), and a node that follows its label
 * {@code nvidia.com/mig.config}: plain Java over the driver port and ports of its own. Only the wiring and the node's adapters
 * enter from outside; the dynamic pool never does, a GPU belongs to one of the two.
 */
@NullMarked
package io.migpool.deviceplugin.geometry;

import org.jspecify.annotations.NullMarked;
