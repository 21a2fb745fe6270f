/**
 * GPU health: which GPUs are unfit for new pods, from what the driver reports, and when they are fit again. It reads
 * the driver and reports by Events.
 */
@NullMarked
package io.migpool.deviceplugin.health;

import org.jspecify.annotations.NullMarked;
