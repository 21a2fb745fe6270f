/**
 * The machine below the containers: its services and its power, over the host's system bus, and its programs. Used by
 * {@code migmanager}, by {@code cli}, by the wiring, which creates it, and by the testbed, which implements the other
 * end.
 */
@NullMarked
package io.migpool.deviceplugin.host;

import org.jspecify.annotations.NullMarked;
