/**
 * The node agent over HTTP, on the admin socket: health and the configuration in force. Translates and delegates; the
 * wiring implements its port.
 */
@NullMarked
package io.migpool.deviceplugin.api;

import org.jspecify.annotations.NullMarked;
