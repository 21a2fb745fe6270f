package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.geometry.spec.DeviceFilter;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Generates the configuration for a machine's boards (mig-parted {@code generate-config}): {@code all-disabled},
 * {@code all-enabled}, {@code all-balanced} and one {@code all-<profile>} each. A pure function of the boards; on a
 * machine with several kinds of them the entries are filtered by board.
 */
public final class GeneratedConfiguration {

    /** The configuration in which no GPU has MIG mode. */
    public static final String ALL_DISABLED = "all-disabled";

    static final String ALL_ENABLED = "all-enabled";
    static final String ALL_BALANCED = "all-balanced";
    private static final String EACH = "all-";

    /**
     * The balanced layout by number of compute slices of the board: number of instances by compute slices of the
     * profile.
     */
    private static final Map<Integer, Map<Integer, Integer>> BALANCED =
            Map.of(7, Map.of(1, 2, 2, 1, 3, 1), 4, Map.of(1, 2, 2, 1));

    private GeneratedConfiguration() {}

    /**
     * A kind of board.
     *
     * @param most maximum number of instances of each profile
     */
    private record Kind(DeviceFilter filter, Map<MigProfile, Integer> most) {}

    /**
     * Generates it from the boards that are present, ignoring those without MIG. For boards whose profiles an old
     * driver does not report while MIG mode is off, {@linkplain KnownBoards known} ones are used. If no profile is
     * reported or known, there are only the two configurations that need no profile; once MIG mode is on, the driver
     * reports profiles.
     *
     * @throws MigSpecException if no board has MIG
     */
    public static MigSpec of(List<GpuDescription> gpus) throws MigSpecException {
        if (gpus.stream().noneMatch(GpuDescription::migCapable)) {
            throw new MigSpecException("no GPU of this machine supports MIG; there is nothing to configure");
        }
        List<Kind> kinds = kinds(gpus);
        Map<String, List<MigSpecEntry>> configs = new LinkedHashMap<>();
        configs.put(ALL_DISABLED, List.of(MigSpecEntry.disabled()));
        configs.put(ALL_ENABLED, List.of(MigSpecEntry.everywhere(Map.of())));
        List<MigSpecEntry> balanced = balanced(kinds);
        if (!balanced.isEmpty()) {
            configs.put(ALL_BALANCED, balanced);
        }
        Map<String, MigProfile> byName = new TreeMap<>();
        kinds.forEach(kind -> kind.most().keySet().forEach(profile -> byName.put(profile.toString(), profile)));
        byName.values().forEach(profile -> configs.put(EACH + profile.resourceSuffix(), onlyThat(profile, kinds)));
        return new MigSpec(configs);
    }

    private static List<Kind> kinds(List<GpuDescription> gpus) {
        Map<DeviceFilter, Map<MigProfile, Integer>> most =
                new TreeMap<>(Comparator.comparingLong(DeviceFilter::device));
        for (GpuDescription gpu : gpus) {
            offered(gpu)
                    .forEach((profile, count) -> most.computeIfAbsent(DeviceFilter.of(gpu.pci()), _ -> new TreeMap<>())
                            .putIfAbsent(profile, count));
        }
        return most.entrySet().stream()
                .map(kind -> new Kind(kind.getKey(), kind.getValue()))
                .toList();
    }

    private static Map<MigProfile, Integer> offered(GpuDescription gpu) {
        if (!gpu.migCapable()) {
            return Map.of();
        }
        if (gpu.profiles().isEmpty()) {
            return KnownBoards.load().profiles(gpu.pci());
        }
        Map<MigProfile, Integer> offered = new TreeMap<>();
        for (ProfileCapability capability : gpu.profiles()) {
            if (!capability.profile().sharesGpuInstance()) {
                offered.put(capability.profile(), capability.maxInstances());
            }
        }
        return offered;
    }

    /** Returns whether the driver reports what a board with MIG offers. */
    public static boolean isTold(List<GpuDescription> gpus) {
        return gpus.stream().anyMatch(gpu -> gpu.migCapable() && !gpu.profiles().isEmpty());
    }

    /** Returns one entry for each number that fits, in ascending order. */
    private static List<MigSpecEntry> onlyThat(MigProfile profile, List<Kind> kinds) {
        TreeSet<Integer> counts = new TreeSet<>();
        kinds.forEach(kind -> Optional.ofNullable(kind.most().get(profile)).ifPresent(counts::add));
        return counts.stream()
                .map(count -> filtered(
                        MigSpecEntry.everywhere(Map.of(profile, count)),
                        kinds.stream()
                                .filter(kind -> count.equals(kind.most().get(profile)))
                                .toList(),
                        kinds))
                .toList();
    }

    private static List<MigSpecEntry> balanced(List<Kind> kinds) {
        List<MigSpecEntry> entries = new ArrayList<>();
        for (Kind kind : kinds) {
            balanced(kind)
                    .ifPresent(counts -> entries.add(filtered(MigSpecEntry.everywhere(counts), List.of(kind), kinds)));
        }
        return entries;
    }

    private static Optional<Map<MigProfile, Integer>> balanced(Kind kind) {
        int slices = kind.most().keySet().stream()
                .filter(MigProfile::isPlain)
                .mapToInt(MigProfile::gpuSlices)
                .max()
                .orElse(0);
        Map<Integer, Integer> formula = BALANCED.getOrDefault(slices, Map.of());
        Map<MigProfile, Integer> counts = new TreeMap<>();
        formula.forEach((size, count) -> plain(kind, size)
                .max(Comparator.comparing(profile -> kind.most().getOrDefault(profile, 0)))
                .ifPresent(profile -> counts.put(profile, count)));
        return formula.isEmpty() || counts.size() < formula.size() ? Optional.empty() : Optional.of(counts);
    }

    private static Stream<MigProfile> plain(Kind kind, int slices) {
        return kind.most().keySet().stream().filter(profile -> profile.isPlain() && profile.gpuSlices() == slices);
    }

    private static MigSpecEntry filtered(MigSpecEntry entry, List<Kind> meant, List<Kind> all) {
        return all.size() == 1
                ? entry
                : entry.on(meant.stream().map(Kind::filter).toList());
    }
}
