/**
 * The node agent's figures: which container has which instance, what GPUs use, how long the steps of a start take. It reads the
 * instance pool, the claims and the driver, and decides nothing; only the wiring enters.
 */
@NullMarked
package io.migpool.deviceplugin.observe;

import org.jspecify.annotations.NullMarked;
