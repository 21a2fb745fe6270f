/** The machine below the containers: its services and its power, over the host's system bus, and its programs. */
@NullMarked
package io.migpool.deviceplugin.host;

import org.jspecify.annotations.NullMarked;
