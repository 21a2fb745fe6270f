package io.migpool.testbed.bench.load;

import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.extender.pool.PodDemand;
import java.util.List;

/** The profiles that pods request, by board and largest first, as papers list them. */
public enum RequestedProfile {
    G7(Board.A100, 0, "7g.80gb", 81_920, 100, 8, 1),
    G4(Board.A100, 1, "4g.40gb", 40_960, 58, 4, 1),
    G3(Board.A100, 2, "3g.40gb", 40_960, 43, 4, 2),
    G2(Board.A100, 3, "2g.20gb", 20_480, 29, 2, 3),
    G1_BIG(Board.A100, 4, "1g.20gb", 20_480, 15, 2, 4),
    G1(Board.A100, 5, "1g.10gb", 10_240, 15, 1, 7),

    A30_4G(Board.A30, 0, "4g.24gb", 24_576, 100, 4, 1),
    A30_2G(Board.A30, 1, "2g.12gb", 12_288, 50, 2, 2),
    A30_1G(Board.A30, 2, "1g.6gb", 6144, 25, 1, 4),

    RTX_4G(Board.RTX_PRO, 0, "4g.96gb", 98_304, 100, 12, 1),
    RTX_2G(Board.RTX_PRO, 1, "2g.48gb", 49_152, 50, 6, 2),
    RTX_1G(Board.RTX_PRO, 2, "1g.24gb", 24_576, 25, 3, 4);

    private final Board board;
    private final int index;
    private final String profile;
    private final int memoryMiB;
    private final int cores;
    private final int size;
    private final int places;

    RequestedProfile(Board board, int index, String profile, int memoryMiB, int cores, int size, int places) {
        this.board = board;
        this.index = index;
        this.profile = profile;
        this.memoryMiB = memoryMiB;
        this.cores = cores;
        this.size = size;
        this.places = places;
    }

    /** Returns the kind of board. */
    public Board board() {
        return board;
    }

    /** Returns the position among the board's {@link Board#profiles()}, from 0. */
    public int index() {
        return index;
    }

    /** Returns the name of the MIG profile, such as {@code 1g.10gb}. */
    public String migName() {
        return profile;
    }

    /** Returns the number of compute slices, the number before the {@code g}. */
    public int computeSlices() {
        return Character.digit(profile.charAt(0), 10);
    }

    /** Returns the memory that a pod requests to get it, in MiB. */
    public int memoryMiB() {
        return memoryMiB;
    }

    /** Returns the cores that a pod requests to get it, in percent of the GPU. */
    public int cores() {
        return cores;
    }

    /** Returns the number of units that it takes. */
    public int size() {
        return size;
    }

    /** Returns the number of places on an empty GPU. */
    public int places() {
        return places;
    }

    /**
     * Returns the first unit of a place; instances start at multiples of their size.
     *
     * @param place from 0
     */
    public int start(int place) {
        return place * size;
    }

    /**
     * Returns the units that an instance with this start takes.
     *
     * @param start first unit
     * @return one bit for each unit
     */
    public int window(int start) {
        return ((1 << size) - 1) << start;
    }

    /**
     * Returns whether one more instance fits alongside the units taken.
     *
     * @param taken one bit for each unit
     */
    public boolean fits(int taken) {
        for (int place = 0; place < places; place++) {
            if ((taken & window(start(place))) == 0) {
                return true;
            }
        }
        return false;
    }

    /** Returns the demand of a pod that the planner serves with exactly this profile. */
    public PodDemand demand() {
        MemoryRequest memory = index == 0 ? new MemoryRequest.WholeGpu() : new MemoryRequest.MiB(memoryMiB);
        ContainerGpuRequest container =
                new ContainerGpuRequest("main", 0, ContainerGpuRequest.Role.APP, 1, false, memory, cores, false);
        return new PodDemand(new PodGpuRequest(List.of(container), 1), PodConstraints.NONE);
    }
}
