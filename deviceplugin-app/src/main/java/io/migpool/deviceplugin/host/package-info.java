/**
 * The machine below the containers: its services and its power. Spoken to over the host's system bus; only what plays the MIG
 * Manager enters.
 */
@NullMarked
package io.migpool.deviceplugin.host;

import org.jspecify.annotations.NullMarked;
