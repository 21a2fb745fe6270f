package io.migpool.deviceplugin.handout;

/**
 * A MIG device on which the driver reported an error.
 *
 * @param bootId the boot of the machine in which it did; another boot cuts the device again, under the same UUID
 */
record FaultyDevice(String uuid, String gpuUuid, String bootId) {}
