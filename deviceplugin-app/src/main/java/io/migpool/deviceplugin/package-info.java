/**
 * The node agent as a process: its main class, and {@code NodeAgent}, which assembles, starts and stops its parts. No
 * other package uses it; it uses all packages but {@code cli}, and for GPUs only the port {@code gpu}.
 */
@NullMarked
package io.migpool.deviceplugin;

import org.jspecify.annotations.NullMarked;
