/**
 * kubelet's device plugin protocol: registration, slots, Allocate, PreStartContainer, and whose slots they are; and
 * PodResources, asked and served. It knows gRPC and kubelet's files and nothing of GPUs; {@code inject}, {@code handout},
 * {@code cli}, {@code rehearsal} and the wiring may enter.
 */
@NullMarked
package io.migpool.deviceplugin.kubelet;

import org.jspecify.annotations.NullMarked;
