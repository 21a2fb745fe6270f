package io.migpool.testbed.bench.load;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigRules;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The kinds of GPU in a pool; the profiles that pods request on them are {@link RequestedProfile}s. */
public enum Board {
    /** Seven compute slices on eight memory units. */
    A100("NVIDIA A100-SXM4-80GB", 8),

    /** Four of each. */
    A30("NVIDIA A30", 4),

    /** Four compute slices on twelve memory units. */
    RTX_PRO("NVIDIA RTX PRO 6000 Blackwell Server Edition", 12);

    private static final List<Board> ALL = List.of(values());

    private final String model;
    private final int units;

    Board(String model, int units) {
        this.model = model;
        this.units = units;
    }

    /** Returns all kinds, in order of declaration. */
    public static List<Board> all() {
        return ALL;
    }

    /** Returns the name that the driver reports, such as {@code NVIDIA A30}. */
    public String model() {
        return model;
    }

    /** Returns the number of placement units of a GPU. */
    public int units() {
        return units;
    }

    /** Returns the profiles that pods request, largest first. */
    public List<RequestedProfile> profiles() {
        return Arrays.stream(RequestedProfile.values())
                .filter(profile -> profile.board() == this)
                .toList();
    }

    /** Returns the profile that takes the whole GPU. */
    public RequestedProfile whole() {
        return profiles().getFirst();
    }

    /** Returns an empty board as the planner sees it, with only these profiles. */
    public MigBoard migBoard() {
        return new MigBoard(gpu("GPU-0", 0), MigRules.UNRESTRICTED);
    }

    /** A GPU as its node registers it, with these profiles and no others. */
    GpuInventory gpu(String uuid, int index) {
        List<ProfileCapability> profiles =
                profiles().stream().map(Board::capability).toList();
        return new GpuInventory(
                uuid,
                index,
                profiles.size(),
                whole().memoryMiB(),
                whole().cores(),
                model,
                0,
                GpuMode.MIG,
                profiles,
                true,
                List.of(),
                List.of());
    }

    private static ProfileCapability capability(RequestedProfile profile) {
        return new ProfileCapability(
                MigProfile.parse(profile.migName()),
                profile.memoryMiB(),
                profile.cores(),
                profile.computeSlices(),
                profile.places(),
                IntStream.range(0, profile.places())
                        .mapToObj(place -> new Placement(profile.start(place), profile.size()))
                        .toList());
    }
}
