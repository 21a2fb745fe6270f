package io.migpool.deviceplugin.kubelet;

import java.util.OptionalInt;

/**
 * One unit of a resource as kubelet sees it.
 *
 * @param id id under which kubelet knows it; unique within the resource
 * @param healthy whether kubelet may give it to a pod
 * @param numaNode its NUMA node, for kubelet's topology manager; empty if that does not matter
 */
public record OfferedDevice(String id, boolean healthy, OptionalInt numaNode) {}
