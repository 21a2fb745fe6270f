package io.migpool.deviceplugin.gpu;

/**
 * The connection between two GPUs of a machine.
 *
 * @param gpuUuid the one with the lower index
 * @param peerUuid the other
 * @param path the PCIe path
 * @param nvLinks active NVLinks between them; through switches, as many as both have to switches
 */
public record GpuLink(String gpuUuid, String peerUuid, PciePath path, int nvLinks) {}
