/**
 * The node agent as a process: its main, its settings and how its parts are put together, started and stopped.
 * Nobody enters; it uses all packages below.
 */
@NullMarked
package io.migpool.deviceplugin;

import org.jspecify.annotations.NullMarked;
