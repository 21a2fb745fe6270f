package io.migpool.extender.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.extender.Boards;
import io.migpool.extender.pool.Capacity.ProfileRoom;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The capacity of a GPU, as it is and if its instances were laid out again. */
class CapacityTest {

    private static final GpuInventory A100 = Boards.a10080("GPU-a", 0);
    private static final MigRules ANYTHING = new MigRules(List.of(), null);

    @Test
    void anEmptyGpuHoldsAsManyAsTheBoardOffers() {
        assertThat(Capacity.of(gpu(A100)).fits())
                .containsEntry("1g.10gb", 7)
                .containsEntry("2g.20gb", 3)
                .containsEntry("3g.40gb", 2)
                .containsEntry("7g.80gb", 1);
    }

    @Test
    void whatIsTakenAndWhatDoesNotLieSideBySideIsGone() {
        assertThat(Capacity.of(with(gpu(A100), "1g.10gb", 3, 1)).fits())
                .containsEntry("1g.10gb", 6)
                .containsEntry("3g.40gb", 1)
                .containsEntry("4g.40gb", 0)
                .containsEntry("7g.80gb", 0);
    }

    @Test
    void onlyAllowedProfilesAreListed() {
        MigRules rules = new MigRules(List.of(), Set.of(MigProfile.parse("1g.10gb")));
        assertThat(Capacity.of(MigGpu.empty(A100, false, new MigBoard(A100, rules)))
                        .fits())
                .containsOnlyKeys("1g.10gb");
    }

    @Test
    void unitsThatNoProfileReachesAreStranded() {
        MigRules rules = new MigRules(List.of(), Set.of(MigProfile.parse("3g.40gb"), MigProfile.parse("1g.10gb+me")));
        MigGpu gpu = MigGpu.empty(A100, false, new MigBoard(A100, rules));
        Capacity whole = Capacity.of(gpu);
        assertThat(whole.free() + whole.stranded()).isEqualTo(8);

        MigRules big = new MigRules(List.of(), Set.of(MigProfile.parse("3g.40gb")));
        MigGpu split = MigGpu.empty(A100, false, new MigBoard(A100, big)).plus(instance("1g.10gb", 2, 1));
        assertThat(Capacity.of(split))
                .returns(1, Capacity::used)
                .returns(4, Capacity::free)
                .returns(3, Capacity::stranded)
                .returns(0, Capacity::blocked);
    }

    @Test
    void aNewLayoutWinsWhatALonelyInstanceInTheMiddleDenies() {
        Capacity lonely = Capacity.of(with(gpu(A100), "1g.10gb", 3, 1));
        assertThat(room(lonely, "4g.40gb").now()).isZero();
        assertThat(room(lonely, "4g.40gb").repacked()).isEqualTo(1);
        assertThat(Capacity.fragmentation(lonely.unitsToWin(), lonely.unitsRepacked()))
                .isPositive();

        Capacity atTheEdge = Capacity.of(with(gpu(A100), "1g.10gb", 6, 1));
        assertThat(Capacity.fragmentation(atTheEdge.unitsToWin(), atTheEdge.unitsRepacked()))
                .isCloseTo(0, within(1e-9));
    }

    @Test
    void whatOthersBlockStaysAndASickOrCordonedGpuOffersNothing() {
        Capacity foreign = Capacity.of(gpu(Boards.blocked(A100, new Placement(0, 4))));
        assertThat(foreign).returns(4, Capacity::blocked).returns(4, c -> c.free() + c.stranded());
        assertThat(room(foreign, "7g.80gb").repacked()).isZero();

        MigGpu cordoned = MigGpu.empty(A100, true, new MigBoard(A100, ANYTHING));
        assertThat(Capacity.of(cordoned)).returns(8, Capacity::blocked).returns(0, Capacity::unitsRepacked);
    }

    @Test
    void idleInstancesAreDistinguished() {
        assertThat(Capacity.of(gpu(Boards.idle(A100, "2g.20gb", 4, 2))))
                .returns(2, Capacity::idle)
                .returns(0, Capacity::used)
                .returns(6, c -> c.free() + c.stranded());
    }

    @Test
    void everyUnitIsCountedOnceAndRepackingNeverLosesRoom() {
        Random random = new Random(20261128);
        for (int run = 0; run < 2_000; run++) {
            MigGpu gpu = gpu(random.nextBoolean() ? A100 : Boards.a30("GPU-a", 0));
            for (int step = random.nextInt(8); step > 0; step--) {
                gpu = withRandomInstance(gpu, random);
            }
            Capacity capacity = Capacity.of(gpu);
            assertThat(capacity.used() + capacity.idle() + capacity.free() + capacity.stranded() + capacity.blocked())
                    .as("%s", gpu)
                    .isEqualTo(gpu.board().units());
            assertThat(capacity.room()).as("%s", gpu).allMatch(room -> room.repacked() >= room.now());
        }
    }

    private static MigGpu withRandomInstance(MigGpu gpu, Random random) {
        int profile = random.nextInt(gpu.board().size());
        List<Placement> places = gpu.board().profile(profile).placements().stream()
                .filter(place -> gpu.admits(profile, place))
                .toList();
        return places.isEmpty() ? gpu : gpu.plusInstance(profile, places.get(random.nextInt(places.size())));
    }

    private static ProfileRoom room(Capacity capacity, String profile) {
        return capacity.room().stream()
                .filter(room -> room.profile().toString().equals(profile))
                .findFirst()
                .orElseThrow();
    }

    private static MigGpu with(MigGpu gpu, String profile, int start, int size) {
        return gpu.plus(instance(profile, start, size));
    }

    private static DevicePart instance(String profile, int start, int size) {
        return new DevicePart.MigSlice("GPU-a", MigProfile.parse(profile), new Placement(start, size));
    }

    private static MigGpu gpu(GpuInventory inventory) {
        return MigGpu.empty(inventory, false, new MigBoard(inventory, ANYTHING));
    }
}
