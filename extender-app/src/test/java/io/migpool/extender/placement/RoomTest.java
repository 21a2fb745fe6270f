package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.extender.Boards;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What still fits on a GPU. */
class RoomTest {

    private static final GpuInventory A100 = Boards.a10080("GPU-a", 0);

    @Test
    void anEmptyGpuHoldsAsManyAsTheBoardOffers() {
        assertThat(Room.on(empty(new MigRules(java.util.List.of(), null))))
                .containsEntry("1g.10gb", 7)
                .containsEntry("2g.20gb", 3)
                .containsEntry("3g.40gb", 2)
                .containsEntry("7g.80gb", 1);
    }

    @Test
    void whatIsTakenAndWhatDoesNotLieSideBySideIsGone() {
        MigGpu gpu = empty(new MigRules(java.util.List.of(), null))
                .plus(new DeviceShare.Instance("GPU-a", MigProfile.parse("1g.10gb"), new Placement(3, 1)));
        assertThat(Room.on(gpu))
                .containsEntry("1g.10gb", 6)
                .containsEntry("3g.40gb", 1)
                .containsEntry("4g.40gb", 0)
                .containsEntry("7g.80gb", 0);
    }

    @Test
    void onlyAllowedProfilesAreListed() {
        MigRules rules = new MigRules(java.util.List.of(), Set.of(MigProfile.parse("1g.10gb")));
        assertThat(Room.on(empty(rules))).containsOnlyKeys("1g.10gb");
    }

    private static MigGpu empty(MigRules rules) {
        return MigGpu.empty(A100, false, new MigBoard(A100, rules));
    }
}
