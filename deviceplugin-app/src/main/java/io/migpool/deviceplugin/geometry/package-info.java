/**
 * Whole layouts of GPUs as people write them down (mig-parted configuration): what a layout is, whether a GPU has it, and how to
 * bring it there. Plain Java over the driver port; {@code migmanager} and {@code cli} have it work. The dynamic pool never
 * enters, a GPU belongs to one of the two.
 */
@NullMarked
package io.migpool.deviceplugin.geometry;

import org.jspecify.annotations.NullMarked;
