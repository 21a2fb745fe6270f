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
 * What a board offers. Drivers report more while MIG mode is on (names, or sometimes only then anything at all), so a
 * table applies to one mode.
 *
 * @param migEnabled whether MIG mode was on when it was read
 * @param offered in the order of {@link ProfileEnum}
 * @param others profiles that cannot be requested, because they have no name of their own or the board has no room for
 *     any now; other programs may have created instances of them
 */
record ProfileTable(boolean migEnabled, List<OfferedProfile> offered, List<OfferedProfile> others) {

    static final ProfileTable EMPTY = new ProfileTable(false, List.of(), List.of());

    ProfileTable {
        offered = List.copyOf(offered);
        others = List.copyOf(others);
    }

    /** Returns all profiles of which instances may exist. */
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
