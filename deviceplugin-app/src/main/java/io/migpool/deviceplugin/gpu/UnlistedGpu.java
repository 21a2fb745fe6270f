package io.migpool.deviceplugin.gpu;

/**
 * A GPU that the driver counts but that could not be identified when it was opened: lost, refused to us, or without an answer.
 *
 * @param index NVML index, from 0
 * @param why what the driver said, or that it said nothing
 */
public record UnlistedGpu(int index, String why) {}
