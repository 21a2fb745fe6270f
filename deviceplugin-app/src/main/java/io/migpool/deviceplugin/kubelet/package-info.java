/**
 * kubelet's device plugin protocol: registration, slots, Allocate, PreStartContainer, and whose slots they are.
 * It knows gRPC and kubelet's files and nothing of GPUs; {@code inject} and the wiring may enter.
 */
@NullMarked
package io.migpool.deviceplugin.kubelet;

import org.jspecify.annotations.NullMarked;
