/**
 * Whole layouts of GPUs as people write them down (mig-parted configuration), and a node that follows its label
 * {@code nvidia.com/mig.config}: plain Java over the driver port and ports of its own. {@code migmanager} and {@code cli} have
 * it work, {@code node} carries out its port to labels and the wiring passes that on; the dynamic pool never enters, a GPU
 * belongs to one of the two.
 */
@NullMarked
package io.migpool.deviceplugin.geometry;

import org.jspecify.annotations.NullMarked;
