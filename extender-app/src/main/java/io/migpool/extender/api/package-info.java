/**
 * The extender on the wire: the scheduler's verbs on the default socket, health and explain on the admin socket.
 * Translates and delegates.
 */
@NullMarked
package io.migpool.extender.api;

import org.jspecify.annotations.NullMarked;
