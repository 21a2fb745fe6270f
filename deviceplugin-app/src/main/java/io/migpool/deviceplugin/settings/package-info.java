/**
 * The node agent's own settings, from MicroProfile Config, and the part of the pool's settings that outlives the
 * agent. Only the wiring reads them; every other package is passed the values that it needs.
 */
@NullMarked
package io.migpool.deviceplugin.settings;

import org.jspecify.annotations.NullMarked;
