/**
 * The MIG Manager's role on this node: the protocol of the label {@code nvidia.com/mig.config}, by which the GPUs that
 * configuration gives to it are brought into the layout that it names. It decides when to act; {@code geometry}
 * changes the GPUs; {@code node}, {@code cluster} and {@code host} carry out its ports.
 */
@NullMarked
package io.migpool.deviceplugin.migmanager;

import org.jspecify.annotations.NullMarked;
