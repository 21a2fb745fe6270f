/**
 * Layouts of whole GPUs as in mig-parted configurations: what a layout is, whether a GPU has it, and how to apply it.
 * Plain Java over the driver port. The dynamic pool does not use it: a GPU belongs to one of the two.
 */
@NullMarked
package io.migpool.deviceplugin.geometry;

import org.jspecify.annotations.NullMarked;
