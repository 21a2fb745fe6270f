/**
 * The node agent as a process: its main, and {@code NodeAgent}, which puts its parts together, starts and stops them. Nobody
 * enters; it uses all rooms but {@code cli}, and of GPUs the port {@code gpu} alone.
 */
@NullMarked
package io.migpool.deviceplugin;

import org.jspecify.annotations.NullMarked;
