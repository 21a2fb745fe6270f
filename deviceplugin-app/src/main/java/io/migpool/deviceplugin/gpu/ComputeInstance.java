package io.migpool.deviceplugin.gpu;

import io.migpool.contracts.mig.MigProfile;

/**
 * A compute instance. Once it exists there is a MIG device that a container can use.
 *
 * @param id id within its GPU instance, from 0
 * @param profile the GPU instance's profile, or a part of it such as {@code 1c.3g.40gb}
 * @param migUuid {@code MIG-…}, what {@code NVIDIA_VISIBLE_DEVICES} takes
 */
public record ComputeInstance(int id, MigProfile profile, String migUuid) {}
