/**
 * The node agent's own settings, from MicroProfile Config, and what of the pool's settings outlives the agent. Only the wiring
 * enters; every other package is handed the values that it needs.
 */
@NullMarked
package io.migpool.deviceplugin.settings;

import org.jspecify.annotations.NullMarked;
