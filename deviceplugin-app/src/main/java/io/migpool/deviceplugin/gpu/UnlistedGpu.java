package io.migpool.deviceplugin.gpu;

/**
 * A GPU that the driver counts but that could not be identified so far: lost, inaccessible, or unresponsive.
 *
 * @param index NVML index, from 0
 * @param why the driver's error, or that there was no answer
 */
public record UnlistedGpu(int index, String why) {}
