package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuFeatures;

/**
 * A GPU instance profile of a board: what the pool knows about it, and its number for the library.
 *
 * @param id number on this board
 * @param capability name, size and places
 * @param engines of one instance
 */
record OfferedProfile(ProfileId id, ProfileCapability capability, GpuFeatures.Engines engines) {

    MigProfile profile() {
        return capability.profile();
    }
}
