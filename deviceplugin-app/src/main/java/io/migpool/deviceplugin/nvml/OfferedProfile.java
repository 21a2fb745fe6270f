package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuFeatures;

/**
 * A GPU instance profile of a board: its description for the pool, and its number in the library.
 *
 * @param id number on this board
 * @param capability name, size and places
 * @param engines engines of one instance
 */
record OfferedProfile(ProfileId id, ProfileCapability capability, GpuFeatures.Engines engines) {

    MigProfile profile() {
        return capability.profile();
    }
}
