package io.migpool.deviceplugin.nvml;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds out what a board offers by querying every profile that the header enumerates. */
final class ProfileDiscovery {

    private static final System.Logger LOG = System.getLogger(ProfileDiscovery.class.getName());
    private static final String NAME_PREFIX = "MIG ";
    /** A30, for which drivers report wrong numbers of instances. */
    private static final long MISCOUNTED = 0x20B7_10DEL;

    private final MigCalls mig;

    ProfileDiscovery(MigCalls mig) {
        this.mig = mig;
    }

    /** A profile with its placements, before the largest one is known, to which shares are relative. */
    private record Found(ProfileEnum profileEnum, MigCalls.ProfileInfo info, List<Placement> placements) {}

    /** Reads the table of a board in its present mode. */
    ProfileTable read(Handle.Device device, boolean migEnabled, GpuIdentity board) throws NvmlException {
        List<Found> found = new ArrayList<>();
        for (ProfileEnum profileEnum : ProfileEnum.all()) {
            Optional<MigCalls.ProfileInfo> info = mig.profile(device, profileEnum);
            if (info.isPresent()) {
                List<Placement> placements = mig.placements(device, info.get().id());
                if (!placements.isEmpty()) {
                    found.add(new Found(profileEnum, info.get(), placements));
                }
            }
        }
        int all = found.stream().mapToInt(f -> f.info.multiprocessors()).max().orElse(0);
        Map<MigProfile, OfferedProfile> offered = new LinkedHashMap<>();
        List<OfferedProfile> others = new ArrayList<>();
        for (Found f : found) {
            Optional<MigProfile> named = name(f.profileEnum, f.info, board.memoryMiB());
            MigProfile name = named.orElseGet(() -> makeshiftName(f.info));
            int most = mostInstances(board.pci(), name, f.info.maxInstances(), f.placements);
            OfferedProfile profile = profile(f, name, most, all);
            if (named.isEmpty()) {
                LOG.log(Level.WARNING, "A profile that cannot be named is not offered: {0}", f);
                others.add(profile);
            } else if (most < 1) {
                others.add(profile);
            } else if (offered.putIfAbsent(name, profile) != null) {
                LOG.log(Level.WARNING, "A second profile named {0} is not offered: {1}", name, f);
                others.add(profile);
            }
        }
        return new ProfileTable(migEnabled, List.copyOf(offered.values()), others);
    }

    /**
     * Returns how many instances fit on an empty GPU: what the driver reports, but at most as many as fit side by side.
     * For a board that is miscounted, exactly as many as fit, but one if the profile has exclusive engines.
     */
    static int mostInstances(PciIdentity board, MigProfile profile, int told, List<Placement> placements) {
        int sideBySide = 0;
        int taken = -1;
        for (Placement place : placements.stream().sorted().toList()) {
            if (place.start() > taken) {
                sideBySide++;
                taken = place.start() + place.size() - 1;
            }
        }
        if (board.deviceId() == MISCOUNTED) {
            return profile.isPlain() ? sideBySide : 1;
        }
        return Math.min(told, sideBySide);
    }

    private static OfferedProfile profile(Found f, MigProfile name, int most, int allMultiprocessors) {
        return new OfferedProfile(
                f.info.id(),
                new ProfileCapability(
                        name,
                        f.info.memoryMiB(),
                        corePercent(f.info.multiprocessors(), allMultiprocessors),
                        f.info.slices(),
                        Math.max(most, 1),
                        f.placements),
                f.info.engines());
    }

    /** Returns a name, for messages, for foreign instances of a profile without a name. */
    private static MigProfile makeshiftName(MigCalls.ProfileInfo info) {
        return MigProfile.parse(
                "%dg.%dgb".formatted(Math.max(info.slices(), 1), Math.max(Math.ceilDiv(info.memoryMiB(), 1024), 1)));
    }

    static int corePercent(int multiprocessors, int all) {
        return all == 0 ? 0 : Math.ceilDiv(100 * multiprocessors, all);
    }

    /**
     * Returns the driver's name, or else the name that NVIDIA's tools compute from slices and memory. Empty for a
     * profile that is newer than this build if the driver does not name it.
     */
    static Optional<MigProfile> name(ProfileEnum profileEnum, MigCalls.ProfileInfo info, long boardMemoryMiB) {
        String told = info.driverName();
        if (!told.isBlank()) {
            String bare = told.startsWith(NAME_PREFIX) ? told.substring(NAME_PREFIX.length()) : told;
            try {
                return Optional.of(MigProfile.parse(bare.strip()));
            } catch (IllegalArgumentException e) {
                LOG.log(Level.WARNING, "The driver names a profile ''{0}'': {1}", told, e.getMessage());
            }
        }
        if (!profileEnum.isKnown() || boardMemoryMiB < 1) {
            return Optional.empty();
        }
        int memoryGB = MigProfile.nominalMemoryGB(info.memoryMiB(), boardMemoryMiB);
        return Optional.of(MigProfile.parse("%dg.%dgb%s".formatted(info.slices(), memoryGB, profileEnum.suffix())));
    }
}
