package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.List;
import java.util.Optional;

/**
 * What a board offers. Drivers tell more while MIG mode is on (names, sometimes anything at all), so a table holds for one mode.
 *
 * @param migEnabled whether MIG mode was on when it was read
 * @param offered in the order of {@link ProfileEnum}
 */
record ProfileTable(boolean migEnabled, List<OfferedProfile> offered) {

    static final ProfileTable EMPTY = new ProfileTable(false, List.of());

    ProfileTable {
        offered = List.copyOf(offered);
    }

    Optional<OfferedProfile> find(MigProfile profile) {
        return offered.stream().filter(o -> o.profile().equals(profile)).findFirst();
    }

    Optional<OfferedProfile> find(ProfileId id) {
        return offered.stream().filter(o -> o.id().equals(id)).findFirst();
    }

    List<ProfileCapability> capabilities() {
        return offered.stream().map(OfferedProfile::capability).toList();
    }
}
