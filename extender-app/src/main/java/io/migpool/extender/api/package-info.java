/**
 * The extender on the wire: the scheduler's verbs on the default socket, health and explain on the admin socket.
 * Translates and delegates; nobody calls it but HTTP clients.
 */
@NullMarked
package io.migpool.extender.api;

import org.jspecify.annotations.NullMarked;
