package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a board offers. Drivers tell more while MIG mode is on (names, sometimes anything at all), so a table holds for one mode.
 *
 * @param migEnabled whether MIG mode was on when it was read
 * @param offered in the order of {@link ProfileEnum}
 * @param others that nobody can ask for, because they have no name of their own or the board holds none now; somebody else may have made instances of them
 */
record ProfileTable(boolean migEnabled, List<OfferedProfile> offered, List<OfferedProfile> others) {

    static final ProfileTable EMPTY = new ProfileTable(false, List.of(), List.of());

    ProfileTable {
        offered = List.copyOf(offered);
        others = List.copyOf(others);
    }

    /** All that there may be instances of. */
    List<OfferedProfile> all() {
        return Stream.concat(offered.stream(), others.stream()).toList();
    }

    Optional<OfferedProfile> find(MigProfile profile) {
        return offered.stream().filter(o -> o.profile().equals(profile)).findFirst();
    }

    Optional<OfferedProfile> find(ProfileId id) {
        return all().stream().filter(o -> o.id().equals(id)).findFirst();
    }

    Map<MigProfile, GpuFeatures.Engines> engines() {
        return offered.stream().collect(Collectors.toMap(OfferedProfile::profile, OfferedProfile::engines));
    }

    List<ProfileCapability> capabilities() {
        return offered.stream().map(OfferedProfile::capability).toList();
    }
}
