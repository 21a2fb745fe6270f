/**
 * The port to the GPU driver: what the node agent needs from it, as few blocking calls and plain values, and the choice of the
 * adapter by configuration. Every package of the agent may use it; it knows no adapter and nothing above it.
 */
@NullMarked
package io.migpool.deviceplugin.gpu;

import org.jspecify.annotations.NullMarked;
