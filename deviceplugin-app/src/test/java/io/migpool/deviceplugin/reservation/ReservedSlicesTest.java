package io.migpool.deviceplugin.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Names of profiles that HAMi wrote. */
class ReservedSlicesTest {

    private static final ProfileCapability WHOLE =
            new ProfileCapability(MigProfile.parse("7g.80gb"), 81_000, 100, 7, 1, List.of(new Placement(0, 8)));
    private static final MigAllocation BY_HAMI =
            new MigAllocation(0, 0, "GPU-a", MigProfile.parse("7g.79gb"), new Placement(0, 8), null);

    private List<ProfileCapability> offered = List.of();
    private boolean listed = true;
    private int looks;
    private final ReservedSlices slices = new ReservedSlices(List.of(gpu()), () -> {
        looks++;
        return listed ? List.of(gpu()) : List.of();
    });

    private GpuDescription gpu() {
        return new GpuDescription(
                "GPU-a",
                0,
                0,
                "NVIDIA A100-SXM4-80GB",
                81_920,
                0,
                "00000000:0F:00.0",
                new PciIdentity(0, 0),
                MigSupport.AFTER_RESET,
                offered);
    }

    @Test
    void aGpuThatToldNoProfilesAtFirstIsAskedAgain() {
        assertThat(slices.of(BY_HAMI).profile()).hasToString("7g.79gb");
        listed = false;
        assertThat(slices.of(BY_HAMI).profile()).hasToString("7g.79gb");
        listed = true;
        offered = List.of(WHOLE);

        assertThat(slices.of(BY_HAMI).profile()).hasToString("7g.80gb");
        int afterwards = looks;
        assertThat(slices.of(BY_HAMI).profile()).hasToString("7g.80gb");
        assertThat(looks).as("asked as long as profiles are missing").isEqualTo(afterwards);
    }
}
