package io.migpool.testbed.bench;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.extender.placement.MigBoard;
import io.migpool.extender.placement.MigRules;
import io.migpool.extender.placement.PodConstraints;
import io.migpool.extender.placement.PodDemand;
import java.util.List;
import java.util.stream.IntStream;

/** The six profiles that pods ask for, on GPUs with 80 GB in eight units; largest first, as papers list them. */
enum Slice {
    G7(0, "7g.80gb", 81_920, 100, 8, 1),
    G4(1, "4g.40gb", 40_960, 58, 4, 1),
    G3(2, "3g.40gb", 40_960, 43, 4, 2),
    G2(3, "2g.20gb", 20_480, 29, 2, 3),
    G1_BIG(4, "1g.20gb", 20_480, 15, 2, 4),
    G1(5, "1g.10gb", 10_240, 15, 1, 7);

    /** Units of a GPU. */
    static final int UNITS = 8;

    private static final List<Slice> ALL = List.of(values());
    private static final String MODEL = "NVIDIA A100-SXM4-80GB";

    private final int index;
    private final String profile;
    private final int memoryMiB;
    private final int cores;
    private final int size;
    private final int places;

    Slice(int index, String profile, int memoryMiB, int cores, int size, int places) {
        this.index = index;
        this.profile = profile;
        this.memoryMiB = memoryMiB;
        this.cores = cores;
        this.size = size;
        this.places = places;
    }

    static List<Slice> all() {
        return ALL;
    }

    /** Position in {@link #all()}. */
    int index() {
        return index;
    }

    String profile() {
        return profile;
    }

    int memoryMiB() {
        return memoryMiB;
    }

    int cores() {
        return cores;
    }

    /** Units taken. */
    int size() {
        return size;
    }

    /** Number of places on an empty GPU. */
    int places() {
        return places;
    }

    /** Instances start at multiples of their size. */
    int start(int place) {
        return place * size;
    }

    /** Units taken at a start, as bits. */
    int window(int start) {
        return ((1 << size) - 1) << start;
    }

    /** Whether some place is free beside the units taken. */
    boolean fits(int taken) {
        for (int place = 0; place < places; place++) {
            if ((taken & window(start(place))) == 0) {
                return true;
            }
        }
        return false;
    }

    /** A pod that the planner serves with this very profile. */
    PodDemand demand() {
        MemoryRequest memory = this == G7 ? new MemoryRequest.WholeGpu() : new MemoryRequest.MiB(memoryMiB);
        ContainerGpuRequest container =
                new ContainerGpuRequest("main", 0, ContainerGpuRequest.Role.APP, 1, false, memory, cores);
        return new PodDemand(new PodGpuRequest(List.of(container), 1), PodConstraints.NONE);
    }

    /** The board with these profiles. */
    static MigBoard board() {
        return new MigBoard(gpu(), MigRules.UNRESTRICTED);
    }

    private static GpuInventory gpu() {
        List<ProfileCapability> profiles = ALL.stream()
                .map(slice -> new ProfileCapability(
                        MigProfile.parse(slice.profile),
                        slice.memoryMiB,
                        slice.cores,
                        Character.digit(slice.profile.charAt(0), 10),
                        slice.places,
                        IntStream.range(0, slice.places)
                                .mapToObj(place -> new Placement(slice.start(place), slice.size))
                                .toList()))
                .toList();
        return new GpuInventory(
                "GPU-0",
                0,
                profiles.size(),
                G7.memoryMiB,
                G7.cores,
                MODEL,
                0,
                GpuMode.MIG,
                profiles,
                true,
                List.of(),
                List.of());
    }
}
