package io.migpool.contracts.mig;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A GPU instance profile as one board offers it, from NVML.
 *
 * @param profile the name
 * @param memoryMiB memory that NVML reports, in MiB; may be a little less than the nominal size
 * @param corePercent share of the board's multiprocessors in percent, rounded up, 0 (unknown) to 100
 * @param sliceCount compute slices of the GPU instance
 * @param maxInstances how many can exist on an empty GPU ({@code instanceCount}), at least 1
 * @param placements legal placements, sorted, all of one size, at least one
 */
public record ProfileCapability(
        MigProfile profile,
        long memoryMiB,
        int corePercent,
        int sliceCount,
        int maxInstances,
        List<Placement> placements) {

    private static final int WHOLE_GPU_PERCENT = 100;
    private static final int TWENTIETHS = 20;

    public ProfileCapability {
        if (placements.isEmpty()) {
            throw new IllegalArgumentException("profile " + profile + " has no placement; at least one is needed");
        }
        placements = placements.stream().sorted().distinct().toList();
        int size = placements.getFirst().size();
        if (placements.stream().anyMatch(p -> p.size() != size)) {
            throw new IllegalArgumentException(
                    "profile " + profile + " has placements of several sizes " + placements + "; they must be equal");
        }
        if (memoryMiB < 0 || maxInstances < 1 || sliceCount < 0 || corePercent < 0 || corePercent > 100) {
            throw new IllegalArgumentException(
                    "profile %s: memory %d MiB, %d instances, %d slices, %d %% cores; none may be negative, at least one instance must fit, cores are at most 100 %%"
                            .formatted(profile, memoryMiB, maxInstances, sliceCount, corePercent));
        }
    }

    /**
     * Finds the profile that a name from a configuration file or from HAMi means on a board. Drivers round names
     * differently ({@code 7g.79gb} and {@code 7g.80gb} are one profile), so a name without an exact match means the
     * nearest profile with the same slices and attributes whose memory differs by at most a twentieth of the named
     * size. Below 20 GB all drivers agree on names, and a GB more or less is another board's profile.
     */
    public static Optional<ProfileCapability> resolve(MigProfile named, List<ProfileCapability> offered) {
        int tolerance = named.memoryGB() / 20;
        return offered.stream()
                .filter(p -> p.profile().gpuSlices() == named.gpuSlices()
                        && p.profile().computeSlices() == named.computeSlices()
                        && p.profile().attributes().equals(named.attributes())
                        && p.profile().excluded().equals(named.excluded())
                        && p.distance(named) <= tolerance)
                .min(Comparator.comparingInt(p -> p.distance(named)));
    }

    /**
     * Returns how much compute an instance is charged against a quota, in percent of a GPU: rounded down, so that
     * whatever fits on one GPU fits a quota of one GPU's compute. A share that divides the whole without a remainder (a
     * quarter, a half) is taken as exact.
     *
     * @param corePercent the instance's share, rounded up, from 0 to 100
     */
    public static int chargedPercent(int corePercent) {
        return corePercent > 0 && WHOLE_GPU_PERCENT % corePercent != 0 ? corePercent - 1 : corePercent;
    }

    private int distance(MigProfile named) {
        return Math.abs(profile.memoryGB() - named.memoryGB());
    }

    /**
     * Returns the largest memory request that fits, in MiB: the size in the name, or what NVML reports if that is more.
     */
    public long nominalMiB() {
        return Math.max(profile.nominalMemoryMiB(), memoryMiB);
    }

    /**
     * Returns whether an instance has noticeably less memory than asked for, though the request fits its nominal size.
     * A request of exactly that size names the profile, and the twentieth that may be missing is part of the name.
     */
    public boolean fallsShortOf(long askedMiB) {
        boolean named = askedMiB == profile.nominalMemoryMiB();
        return memoryMiB < askedMiB && (!named || fallsFarShortOf(askedMiB));
    }

    /**
     * Returns whether an instance has so little of the memory asked for, less than 19 twentieths, that users have to
     * know.
     */
    public boolean fallsFarShortOf(long askedMiB) {
        return memoryMiB * TWENTIETHS < askedMiB * (TWENTIETHS - 1);
    }

    /** Returns the number of placement units that one instance takes. */
    public int size() {
        return placements.getFirst().size();
    }

    /** Returns whether an instance may have this placement. */
    public boolean allows(Placement placement) {
        return placements.contains(placement);
    }
}
