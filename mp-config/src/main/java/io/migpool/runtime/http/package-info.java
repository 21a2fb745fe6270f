/**
 * Bounds on what clients of an application's sockets can hold. Applications with a server use it; nothing else knows
 * Helidon's.
 */
@NullMarked
package io.migpool.runtime.http;

import org.jspecify.annotations.NullMarked;
