/**
 * Real GPUs: implements the port of package {@code gpu} with NVIDIA's management library through JNA, including the
 * search for that library, its quirks by driver age, and the threads on which its blocking calls run. The agent gets
 * the adapter from CDI as a {@code GpuDriverProvider} and uses it only as a {@code GpuDriver}; {@code cli}, which has
 * no CDI, names it directly.
 */
@NullMarked
package io.migpool.deviceplugin.nvml;

import org.jspecify.annotations.NullMarked;
