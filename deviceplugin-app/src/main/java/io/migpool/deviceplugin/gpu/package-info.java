/**
 * The port to the GPU driver: what the node agent needs from it, as a few blocking calls and plain values, and the
 * choice of the adapter by configuration. It depends on no adapter and nothing above it.
 */
@NullMarked
package io.migpool.deviceplugin.gpu;

import org.jspecify.annotations.NullMarked;
