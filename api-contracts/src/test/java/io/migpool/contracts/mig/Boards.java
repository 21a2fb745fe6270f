package io.migpool.contracts.mig;

import java.util.Arrays;
import java.util.List;

/** What a few boards report, for tests. */
final class Boards {

    static final List<ProfileCapability> A100_40 = List.of(
            profile("1g.5gb", 4864, 15, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.5gb+me", 4864, 15, 1, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.10gb", 9856, 15, 4, 2, 0, 2, 4, 6),
            profile("2g.10gb", 9856, 29, 3, 2, 0, 2, 4),
            profile("3g.20gb", 19968, 43, 2, 4, 0, 4),
            profile("4g.20gb", 19968, 58, 1, 4, 0),
            profile("7g.40gb", 40192, 100, 1, 8, 0));

    static final List<ProfileCapability> A100_80 = List.of(
            profile("1g.10gb", 9728, 15, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.10gb+me", 9728, 15, 1, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.20gb", 19968, 15, 4, 2, 0, 2, 4, 6),
            profile("2g.20gb", 19968, 29, 3, 2, 0, 2, 4),
            profile("3g.40gb", 40192, 43, 2, 4, 0, 4),
            profile("4g.40gb", 40192, 58, 1, 4, 0),
            profile("7g.80gb", 80896, 100, 1, 8, 0));

    static final List<ProfileCapability> A30 = List.of(
            profile("1g.6gb", 5952, 25, 4, 1, 0, 1, 2, 3),
            profile("1g.6gb+me", 5952, 25, 1, 1, 0, 1, 2, 3),
            profile("2g.12gb", 11968, 50, 2, 2, 0, 2),
            profile("4g.24gb", 24000, 100, 1, 4, 0));

    static final List<ProfileCapability> RTX_PRO_6000 = List.of(
            profile("1g.24gb", 24192, 25, 4, 3, 0, 3, 6, 9),
            profile("1g.24gb+gfx", 24192, 25, 4, 3, 0, 3, 6, 9),
            profile("2g.48gb", 48512, 50, 2, 6, 0, 6),
            profile("4g.96gb", 97152, 100, 1, 12, 0));

    static final List<ProfileCapability> GB200 = List.of(
            profile("1g.23gb", 23000, 14, 7, 1, 0, 1, 2, 3, 4, 5, 6),
            profile("1g.47gb", 46000, 14, 4, 2, 0, 2, 4, 6),
            profile("3g.93gb", 92000, 43, 2, 4, 0, 4),
            profile("7g.186gb", 186000, 100, 1, 8, 0));

    private Boards() {}

    static ProfileCapability profile(String name, long memoryMiB, int cores, int most, int size, int... starts) {
        MigProfile profile = MigProfile.parse(name);
        return new ProfileCapability(
                profile,
                memoryMiB,
                cores,
                profile.gpuSlices(),
                most,
                Arrays.stream(starts)
                        .mapToObj(start -> new Placement(start, size))
                        .toList());
    }

    static GpuInventory gpu(List<ProfileCapability> profiles) {
        return new GpuInventory(
                "GPU-1", 0, 7, 81920, 100, "NVIDIA board", 0, GpuMode.MIG, profiles, true, List.of(), List.of());
    }
}
