/**
 * The machine below the containers: its services and its power. Spoken to over the host's system bus; {@code migmanager},
 * which needs it, and the wiring, which makes it, may enter, and the testbed, which plays the other end.
 */
@NullMarked
package io.migpool.deviceplugin.host;

import org.jspecify.annotations.NullMarked;
