package io.migpool.deviceplugin.gpu;

/**
 * How two GPUs of a machine reach each other.
 *
 * @param gpuUuid the one with the lower index
 * @param peerUuid the other
 * @param path the way over PCIe
 * @param nvLinks NVLinks between them that are up; through switches as many as both have to switches
 */
public record GpuLink(String gpuUuid, String peerUuid, PciePath path, int nvLinks) {}
