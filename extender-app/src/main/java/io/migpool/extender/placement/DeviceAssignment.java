package io.migpool.extender.placement;

import io.migpool.extender.pool.DevicePart;

/**
 * One device of one container in a plan.
 *
 * @param part the part of a GPU that the container uses
 * @param memoryMiB memory that the container sees, in MiB; the profile's on a MIG GPU
 * @param cores compute that the container sees, in percent; the profile's on a MIG GPU
 */
public record DeviceAssignment(DevicePart part, long memoryMiB, int cores) {}
