package io.migpool.deviceplugin.kubelet;

import java.util.OptionalInt;

/**
 * One unit of a resource as kubelet sees it.
 *
 * @param id by which kubelet names it; unique within the resource
 * @param healthy whether kubelet may give it to a pod
 * @param numaNode where it is, for kubelet's topology manager; empty if that is all the same
 */
public record OfferedDevice(String id, boolean healthy, OptionalInt numaNode) {}
