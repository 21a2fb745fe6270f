/**
 * Which GPUs are unfit for new pods: what the driver reports of them, and when they are fit again. It reads the driver and reports
 * by Events; {@code node}, {@code settings}, {@code observe} and the wiring may enter.
 */
@NullMarked
package io.migpool.deviceplugin.health;

import org.jspecify.annotations.NullMarked;
