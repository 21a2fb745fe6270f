/**
 * Real GPUs: the port of package {@code gpu} carried out by NVIDIA's management library through JNA, with the search for that
 * library, its quirks by driver age, and the threads that its blocking calls run on. The agent finds the adapter by CDI as a
 * {@code GpuDriverProvider} and knows it as a {@code GpuDriver} only; {@code cli}, which has no CDI, enters to name it.
 */
@NullMarked
package io.migpool.deviceplugin.nvml;

import org.jspecify.annotations.NullMarked;
