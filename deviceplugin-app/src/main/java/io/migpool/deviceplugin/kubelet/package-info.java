/**
 * kubelet's device plugin protocol: registration, slots, Allocate, PreStartContainer, and the owners of slots; and
 * PodResources, as client and server. It depends on gRPC and kubelet's files, but not on GPUs.
 */
@NullMarked
package io.migpool.deviceplugin.kubelet;

import org.jspecify.annotations.NullMarked;
