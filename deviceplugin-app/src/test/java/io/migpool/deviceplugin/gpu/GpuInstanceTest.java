package io.migpool.deviceplugin.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.List;
import org.junit.jupiter.api.Test;

class GpuInstanceTest {

    private static final MigProfile PROFILE = MigProfile.parse("3g.40gb");
    private static final ComputeInstance WHOLE = new ComputeInstance(1, PROFILE, "MIG-whole");
    private static final ComputeInstance PART = new ComputeInstance(0, MigProfile.parse("1c.3g.40gb"), "MIG-part");

    private final GpuInstance bare = new GpuInstance("GPU-1", 2, PROFILE, new Placement(4, 4), List.of());

    @Test
    void onlyAComputeInstanceOfAllSlicesIsWholeComputeInstance() {
        assertThat(holding(PART).wholeComputeInstance()).isEmpty();
        assertThat(holding(WHOLE).wholeComputeInstance()).contains(WHOLE);
        assertThat(bare.wholeComputeInstance()).isEmpty();
    }

    @Test
    void anInstanceStaysTheSameWhenAComputeInstanceIsMade() {
        assertThat(bare.isSameAs(holding(WHOLE))).isTrue();
    }

    @Test
    void anotherInstanceUnderTheSameIdIsNotTheSame() {
        assertThat(bare.isSameAs(new GpuInstance("GPU-1", 2, PROFILE, new Placement(0, 4), List.of())))
                .isFalse();
        assertThat(bare.isSameAs(
                        new GpuInstance("GPU-1", 2, MigProfile.parse("4g.40gb"), new Placement(4, 4), List.of())))
                .isFalse();
        assertThat(bare.isSameAs(new GpuInstance("GPU-2", 2, PROFILE, new Placement(4, 4), List.of())))
                .isFalse();
        assertThat(bare.isSameAs(new GpuInstance("GPU-1", 1, PROFILE, new Placement(4, 4), List.of())))
                .isFalse();
    }

    @Test
    void aProcessUsesTheInstanceWhoseIdItCarries() {
        assertThat(new GpuProcess(17, 2, 0, GpuProcess.UNKNOWN_MEMORY).uses(bare))
                .isTrue();
        assertThat(new GpuProcess(17, 1, 0, 0).uses(bare)).isFalse();
        assertThat(new GpuProcess(17, GpuProcess.NO_INSTANCE, GpuProcess.NO_INSTANCE, 0).uses(bare))
                .isFalse();
    }

    private GpuInstance holding(ComputeInstance compute) {
        return new GpuInstance(bare.gpuUuid(), bare.id(), bare.profile(), bare.placement(), List.of(compute));
    }
}
