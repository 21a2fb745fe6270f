/**
 * Real GPUs: the port of package {@code gpu} carried out by NVIDIA's management library through JNA, with the search for that
 * library, its quirks by driver age, and the threads that its blocking calls run on. Nobody enters: the adapter is found by CDI
 * as a {@code GpuDriverProvider} and is known to its users as a {@code GpuDriver} only.
 */
@NullMarked
package io.migpool.deviceplugin.nvml;

import org.jspecify.annotations.NullMarked;
