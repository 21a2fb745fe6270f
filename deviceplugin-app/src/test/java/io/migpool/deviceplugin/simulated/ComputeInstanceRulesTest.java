package io.migpool.deviceplugin.simulated;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ComputeInstanceRulesTest {

    private Rig rig;

    @BeforeEach
    void boot() throws GpuException {
        rig = Rig.with("NVIDIA A100-SXM4-80GB");
    }

    @AfterEach
    void shutDown() {
        rig.close();
    }

    @Test
    void theMigDeviceExistsOnlyWithAComputeInstance() throws GpuException {
        GpuInstance bare = rig.cut("3g.40gb", "4:4");
        assertThat(bare.computeInstances()).isEmpty();

        ComputeInstance compute = rig.driver().createComputeInstance(bare);

        assertThat(compute.profile()).isEqualTo(MigProfile.parse("3g.40gb"));
        assertThat(compute.migUuid()).startsWith("MIG-");
        assertThat(UUID.fromString(compute.migUuid().substring(4)).version()).isEqualTo(4);
        assertThat(rig.instances()).singleElement().satisfies(instance -> {
            assertThat(instance.isSameAs(bare)).isTrue();
            assertThat(instance.wholeComputeInstance()).contains(compute);
        });
    }

    @ParameterizedTest
    @MethodSource("io.migpool.deviceplugin.simulated.Rig#migBoards")
    void everyProfileCarriesOneWholeComputeInstance(Board board) throws GpuException {
        try (Rig other = Rig.with(board.model())) {
            for (Slot slot : Slot.of(other.description())) {
                GpuInstance instance = other.cut(slot.profile(), slot.placement());
                ComputeInstance compute = other.driver().createComputeInstance(instance);
                assertThat(compute.profile()).isEqualTo(slot.profile());
                assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> other.driver()
                        .createComputeInstance(instance));
                other.driver().destroyComputeInstance(instance, compute);
                other.destroy(instance);
            }
        }
    }

    @Test
    void aGpuInstanceWithAComputeInstanceIsNotDestroyed() throws GpuException {
        GpuInstance whole = rig.cutWhole("2g.20gb", "0:2");

        assertRefused(GpuErrorCode.IN_USE, () -> rig.driver().destroyGpuInstance(whole))
                .contains(whole.computeInstances().getFirst().migUuid());
        assertThat(rig.instances()).containsExactly(whole);
    }

    @Test
    void foreignPartsUseUpTheSlicesOfTheirGpuInstance() throws GpuException {
        GpuInstance foreign =
                rig.machine().createForeignInstance(rig.gpu(), MigProfile.parse("3g.40gb"), Rig.at("0:4"), 1, 1);

        assertThat(foreign.computeInstances())
                .extracting(compute -> compute.profile().toString())
                .containsExactly("1c.3g.40gb", "1c.3g.40gb");
        assertThat(foreign.computeInstances()).extracting(ComputeInstance::id).containsExactly(0, 1);
        assertThat(foreign.wholeComputeInstance()).isEmpty();
        assertRefused(GpuErrorCode.INSUFFICIENT_RESOURCES, () -> rig.driver().createComputeInstance(foreign))
                .contains("of which 1 slices are free");
        assertThat(rig.instances()).containsExactly(foreign);
    }

    @Test
    void aDestroyedComputeInstanceDoesNotComeBackUnderItsUuid() throws GpuException {
        GpuInstance instance = rig.cut("1g.10gb", "0:1");
        ComputeInstance first = rig.driver().createComputeInstance(instance);
        rig.driver().destroyComputeInstance(instance, first);
        ComputeInstance second = rig.driver().createComputeInstance(instance);

        assertThat(second.id()).isEqualTo(first.id());
        assertThat(second.migUuid()).isNotEqualTo(first.migUuid());
        assertRefused(GpuErrorCode.NOT_FOUND, () -> rig.driver().destroyComputeInstance(instance, first))
                .contains(first.migUuid(), "is gone");
        assertThat(rig.instances().getFirst().computeInstances()).containsExactly(second);
    }

    @Test
    void uuidsNeverRepeat() throws GpuException {
        GpuInstance instance = rig.cut("7g.80gb", "0:8");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 5_000; i++) {
            ComputeInstance compute = rig.driver().createComputeInstance(instance);
            assertThat(seen.add(compute.migUuid())).as(compute.migUuid()).isTrue();
            rig.driver().destroyComputeInstance(instance, compute);
        }
    }

    @Test
    void theSameSeedGivesTheSameUuids() throws GpuException {
        MachineSpec spec = MachineSpec.of("NVIDIA A100-SXM4-80GB:2").withSeed(42);
        try (Rig one = Rig.with(spec);
                Rig two = Rig.with(spec);
                Rig other = Rig.with(spec.withSeed(43))) {
            assertThat(one.machine().snapshot()).isEqualTo(two.machine().snapshot());
            assertThat(one.cutWhole("1g.10gb", "0:1")).isEqualTo(two.cutWhole("1g.10gb", "0:1"));
            assertThat(one.gpu()).isNotEqualTo(other.gpu());
        }
    }

    @Test
    void machinesWithoutASeedDoNotShareUuids() throws GpuException {
        try (Rig one = Rig.with(MachineSpec.of("NVIDIA A30"));
                Rig two = Rig.with(MachineSpec.of("NVIDIA A30"))) {
            assertThat(one.gpu()).isNotEqualTo(two.gpu());
        }
    }
}
