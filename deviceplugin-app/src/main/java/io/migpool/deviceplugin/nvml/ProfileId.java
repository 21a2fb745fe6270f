package io.migpool.deviceplugin.nvml;

/**
 * A GPU instance profile as one board numbers it ({@code nvmlGpuInstanceProfileInfo_t.id}; {@code nvidia-smi} prints
 * it). Not to be confused with {@link ProfileEnum}: on an A100 {@code 3g} is number 9 and enumerated as 2.
 *
 * @param value number on that board
 */
record ProfileId(int value) {}
