/**
 * The port to the GPU driver: what the node agent needs from it, as few blocking calls and plain values, and the choice of the
 * adapter by configuration. It knows no adapter and nothing above it; all may enter but {@code kubelet}, {@code inject},
 * {@code sharing} and {@code host}, which do without.
 */
@NullMarked
package io.migpool.deviceplugin.gpu;

import org.jspecify.annotations.NullMarked;
