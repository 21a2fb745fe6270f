/**
 * The node agent as a process: its main class, and {@code NodeAgent}, which assembles, starts and stops its parts.
 * Nothing uses this package; of GPUs it knows only the port {@code gpu}.
 */
@NullMarked
package io.migpool.deviceplugin;

import org.jspecify.annotations.NullMarked;
