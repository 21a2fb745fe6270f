/**
 * The MIG Manager's role on this node: the GPUs that configuration gives to the label {@code nvidia.com/mig.config} are cut as
 * it says. Connects {@code geometry}, which decides and cuts, with {@code node} and {@code host}; only the wiring enters.
 */
@NullMarked
package io.migpool.deviceplugin.migmanager;

import org.jspecify.annotations.NullMarked;
