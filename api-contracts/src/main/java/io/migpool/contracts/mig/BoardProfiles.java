package io.migpool.contracts.mig;

import io.migpool.contracts.request.MemoryRequest;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The profiles that instances on one kind of board can have, and which of them serves a request. Immutable; boards with
 * equal profiles are equal.
 *
 * <p>Order of profiles: placement size, compute slices, memory, plain before those with attributes, name.
 */
public final class BoardProfiles {

    private static final int PERCENT = 100;

    private static final Comparator<ProfileCapability> SMALLEST_FIRST = Comparator.comparingInt(ProfileCapability::size)
            .thenComparingInt(ProfileCapability::sliceCount)
            .thenComparingLong(ProfileCapability::nominalMiB)
            .thenComparing(profile -> !profile.profile().isPlain())
            .thenComparing(ProfileCapability::profile);

    /** A board that offers none, such as one that is shared in software. */
    public static final BoardProfiles NONE = new BoardProfiles(List.of());

    private final List<ProfileCapability> all;
    private final int units;
    private final int fullSlices;

    /**
     * @param offered all that the board offers, whatever configuration allows; profiles of compute instances that share
     *     a GPU instance are left out
     */
    public BoardProfiles(Collection<ProfileCapability> offered) {
        all = offered.stream()
                .filter(profile -> !profile.profile().sharesGpuInstance())
                .sorted(SMALLEST_FIRST)
                .toList();
        units = offered.stream()
                .flatMap(profile -> profile.placements().stream())
                .mapToInt(Placement::end)
                .max()
                .orElse(0);
        fullSlices = all.stream()
                .filter(profile -> profile.size() == units)
                .mapToInt(ProfileCapability::sliceCount)
                .max()
                .orElse(0);
    }

    /** Returns the profiles, smallest first. */
    public List<ProfileCapability> all() {
        return all;
    }

    /** Returns the number of placement units of the board; 0 if it offers no profile. */
    public int units() {
        return units;
    }

    /**
     * Returns whether an instance of a profile is enough for a device, whatever configuration says.
     *
     * @param memory the memory that it needs
     * @param cores the compute that it needs, in percent of the board, 0 to 100
     */
    public boolean serves(MemoryRequest memory, int cores, ProfileCapability profile) {
        return cores <= mostCores(profile)
                && switch (memory) {
                    case MemoryRequest.MiB(long amount) -> amount <= profile.nominalMiB();
                    case MemoryRequest.Percentage(int percent) ->
                        (long) profile.size() * PERCENT >= (long) percent * units;
                    case MemoryRequest.WholeGpu() -> profile.size() == units && profile.sliceCount() == fullSlices;
                };
    }

    /**
     * Returns the largest request for compute that fits a profile, in percent of the board: its share of the
     * multiprocessors or, if that is more, of the compute slices, rounded up. On many boards the slices have fewer
     * multiprocessors than the board: four slices of an H100 have 49 %, yet everybody calls them half.
     */
    public int mostCores(ProfileCapability profile) {
        int bySlices = fullSlices == 0 ? 0 : Math.ceilDiv(PERCENT * profile.sliceCount(), fullSlices);
        return Math.min(PERCENT, Math.max(profile.corePercent(), bySlices));
    }

    /**
     * Returns the profiles that serve a device, best first: the smallest, of one size those that
     * {@link ProfileCapability#fallsShortOf really} have the memory, and those with attributes only if no plain one of
     * the size serves.
     *
     * @param memory what the containers need that may use the device; it must be enough for each
     * @param cores the compute that it needs, in percent of the board, 0 to 100
     * @param allowed whether configuration allows the profile
     */
    public List<ProfileCapability> serving(
            Collection<MemoryRequest> memory, int cores, Predicate<ProfileCapability> allowed) {
        List<ProfileCapability> serving = all.stream()
                .filter(allowed)
                .filter(profile -> memory.stream().allMatch(request -> serves(request, cores, profile)))
                .toList();
        Set<Integer> plainSizes = serving.stream()
                .filter(profile -> profile.profile().isPlain())
                .map(ProfileCapability::size)
                .collect(Collectors.toSet());
        return serving.stream()
                .filter(profile -> profile.profile().isPlain() || !plainSizes.contains(profile.size()))
                .sorted(Comparator.comparingInt(ProfileCapability::size)
                        .thenComparing(profile -> fallsShort(profile, memory)))
                .toList();
    }

    /** Returns whether an instance has noticeably less memory than some of the requests ask for. */
    public static boolean fallsShort(ProfileCapability profile, Collection<MemoryRequest> memory) {
        return memory.stream()
                .anyMatch(request -> request instanceof MemoryRequest.MiB(long amount) && profile.fallsShortOf(amount));
    }

    /**
     * Returns whether instances of these profiles can lie side by side. Quick for as many as boards hold.
     *
     * @param profiles one for each instance; best the largest first
     * @param taken units that are out of the question
     */
    public static boolean fitTogether(List<ProfileCapability> profiles, UnitMask taken) {
        return fitTogether(profiles, 0, 0, taken);
    }

    /** Of instances of one profile, each lies behind the one before, which spares all their permutations. */
    private static boolean fitTogether(List<ProfileCapability> profiles, int next, int from, UnitMask taken) {
        if (next == profiles.size()) {
            return true;
        }
        ProfileCapability profile = profiles.get(next);
        boolean sameFollows =
                next + 1 < profiles.size() && profiles.get(next + 1).equals(profile);
        for (Placement placement : profile.placements()) {
            if (placement.start() >= from
                    && !placement.mask().overlaps(taken)
                    && fitTogether(
                            profiles, next + 1, sameFollows ? placement.end() : 0, taken.union(placement.mask()))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BoardProfiles that && all.equals(that.all) && units == that.units;
    }

    @Override
    public int hashCode() {
        return all.hashCode();
    }

    @Override
    public String toString() {
        return all.stream().map(profile -> profile.profile().toString()).collect(Collectors.joining(", "));
    }
}
