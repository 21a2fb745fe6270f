/**
 * The node agent as a process: its main, its settings, how its parts are put together, started and stopped, and what it shows
 * over HTTP. Nobody enters; it uses all rooms but {@code cli}, and of GPUs the port {@code gpu} alone.
 */
@NullMarked
package io.migpool.deviceplugin;

import org.jspecify.annotations.NullMarked;
