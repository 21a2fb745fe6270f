/**
 * The node agent over HTTP, on the admin socket: health and the configuration in force. Translates and delegates; the wiring
 * carries out its port, and nobody enters but HTTP clients.
 */
@NullMarked
package io.migpool.deviceplugin.api;

import org.jspecify.annotations.NullMarked;
