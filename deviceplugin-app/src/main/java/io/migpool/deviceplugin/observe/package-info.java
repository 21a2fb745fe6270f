/**
 * The node agent's metrics: which container has which instance, usage of GPUs, durations of the steps of a start. It
 * reads the instance pool, the claims and the driver, and decides nothing.
 */
@NullMarked
package io.migpool.deviceplugin.observe;

import org.jspecify.annotations.NullMarked;
