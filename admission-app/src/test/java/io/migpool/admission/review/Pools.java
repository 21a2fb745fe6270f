package io.migpool.admission.review;

import io.migpool.contracts.mig.BoardProfiles;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.QuotaLimits;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Pools for the tests of this package. */
final class Pools {
    /** An A100 with 40 GB. */
    static final GpuKind A100 = mig(
            40_960,
            List.of(
                    profile("1g.5gb", 4_864, 15, 1, 1, 0, 1, 2, 3, 4, 5, 6),
                    profile("1g.5gb+me", 4_864, 15, 1, 1, 0, 1, 2, 3, 4, 5, 6),
                    profile("2g.10gb", 9_856, 29, 2, 2, 0, 2, 4),
                    profile("3g.20gb", 19_968, 43, 3, 4, 0, 4),
                    profile("4g.20gb", 19_968, 58, 4, 4, 0),
                    profile("7g.40gb", 40_192, 100, 7, 8, 0)));
    /** An H200, whose smallest profile has less than its name says. */
    static final GpuKind H200 = mig(
            143_771,
            List.of(
                    profile("1g.18gb", 16_384, 13, 1, 1, 0, 1, 2, 3, 4, 5, 6),
                    profile("7g.141gb", 143_360, 100, 7, 8, 0)));
    /** A board of 24 GB that is shared in software. */
    static final GpuKind SHARED = shared(24_576);

    private Pools() {}

    /** Returns a board of which everything is allowed. */
    static GpuKind mig(long memoryMiB, List<ProfileCapability> profiles) {
        return new GpuKind(GpuMode.MIG, memoryMiB, 100, new BoardProfiles(profiles), Set.copyOf(profiles));
    }

    /** Returns the board of which only these profiles are allowed. */
    static GpuKind allowing(GpuKind board, String... profiles) {
        Set<String> names = Set.of(profiles);
        return new GpuKind(
                board.mode(),
                board.memoryMiB(),
                board.corePercent(),
                board.board(),
                board.allowed().stream()
                        .filter(profile -> names.contains(profile.profile().toString()))
                        .collect(Collectors.toSet()));
    }

    /** Returns a board that is shared in software. */
    static GpuKind shared(long memoryMiB) {
        return new GpuKind(GpuMode.HAMI_CORE, memoryMiB, 100, BoardProfiles.NONE, Set.of());
    }

    static ReviewPolicy policy(Pool pool) {
        return policy(pool, RequestDefaults.NONE);
    }

    static ReviewPolicy policy(Pool pool, RequestDefaults defaults) {
        return new ReviewPolicy(
                ResourceNames.DEFAULT, defaults, "hami-scheduler", true, false, "", CorePolicy.DEFAULT, pool);
    }

    /** Returns a pool of one node with this many GPUs of each kind. */
    static Pool of(Map<GpuKind, Integer> node) {
        return new Pool(Set.of(node), Set.of(), Map.of(), Pool.LARGEST_BOARD_MIB);
    }

    /** Returns a pool whose nodes have these extended resources. */
    static Pool offering(String... resources) {
        return new Pool(Set.of(), Set.of(resources), Map.of(), Pool.LARGEST_BOARD_MIB);
    }

    static Pool withQuota(String namespace, String name, QuotaLimits limits) {
        return new Pool(Set.of(), Set.of(), Map.of(namespace, Map.of(name, limits)), Pool.LARGEST_BOARD_MIB);
    }

    static ProfileCapability profile(String name, long memoryMiB, int cores, int slices, int size, int... starts) {
        return new ProfileCapability(
                MigProfile.parse(name),
                memoryMiB,
                cores,
                slices,
                starts.length,
                Arrays.stream(starts)
                        .mapToObj(start -> new Placement(start, size))
                        .toList());
    }
}
