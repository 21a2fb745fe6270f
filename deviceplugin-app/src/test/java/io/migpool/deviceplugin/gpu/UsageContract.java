package io.migpool.deviceplugin.gpu;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is told of the use of GPUs and instances. */
interface UsageContract extends Machines {

    @Test
    default void memoryIsToldOfTheGpuAndOfEachMigDevice() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance instance = lab.cutWhole("2g.20gb", "4:2");
            GpuInstance neighbour = lab.cutWhole("1g.10gb", "0:1");
            lab.cut("1g.10gb", "1:1");
            lab.startProcess(instance.computeInstances().getFirst().migUuid(), 20, 2_000);
            lab.startProcess(lab.gpu(), 30, 100);

            GpuUsage usage = lab.driver().usage(lab.gpu());

            assertThat(usage.memory()).contains(new GpuUsage.MemoryUse(2_100 * MIB, 81_920 * MIB));
            assertThat(usage.computePercent()).isEmpty();
            assertThat(usage.instances())
                    .extracting(GpuUsage.InstanceUsage::gpuInstanceId)
                    .containsExactlyInAnyOrder(instance.id(), neighbour.id());
            assertThat(usage.instances())
                    .filteredOn(used -> used.gpuInstanceId() == instance.id())
                    .singleElement()
                    .satisfies(used -> {
                        long total = lab.description()
                                .profile(instance.profile())
                                .orElseThrow()
                                .memoryMiB();
                        assertThat(used.memory()).isEqualTo(new GpuUsage.MemoryUse(2_000 * MIB, total * MIB));
                    });
        }
    }

    @Test
    default void aMigDeviceTellsWhatItHas() throws GpuException {
        try (GpuLab lab = boot(true, HOPPER)) {
            GpuInstance half = lab.cutWhole("3g.40gb", "4:4");
            GpuInstance small = lab.cutWhole("1g.10gb", "0:1");

            GpuFeatures features = lab.driver().features(lab.gpu());

            assertThat(features.computeCapability()).contains(new GpuFeatures.ComputeCapability(9, 0));
            assertThat(features.devices())
                    .containsExactlyInAnyOrder(
                            new GpuFeatures.DeviceFeatures(
                                    half.id(), 0, 60, new GpuFeatures.Engines(3, 3, 0, 3, 0), 40_448),
                            new GpuFeatures.DeviceFeatures(
                                    small.id(), 0, 16, new GpuFeatures.Engines(1, 1, 0, 1, 0), 9_984));
        }
    }

    @Test
    default void theMediaEnginesOfEachProfileAreTold() throws GpuException {
        try (GpuLab lab = boot(true, HOPPER)) {
            Map<MigProfile, GpuFeatures.Engines> engines = lab.driver().engines(lab.gpu());

            assertThat(engines.keySet())
                    .containsExactlyInAnyOrderElementsOf(lab.description().profiles().stream()
                            .map(ProfileCapability::profile)
                            .toList());
            assertThat(engines.get(MigProfile.parse("3g.40gb")))
                    .extracting(
                            GpuFeatures.Engines::decoder,
                            GpuFeatures.Engines::encoder,
                            GpuFeatures.Engines::jpeg,
                            GpuFeatures.Engines::ofa)
                    .containsExactly(3, 0, 3, 0);
            assertThat(engines.get(MigProfile.parse("1g.10gb+me")))
                    .extracting(GpuFeatures.Engines::ofa)
                    .isEqualTo(1);
        }
    }

    @Test
    default void ofAGpuWithoutMigModeOnlyTheGpuItselfIsTold() throws GpuException {
        try (GpuLab lab = boot(false, NO_MIG)) {
            GpuFeatures features = lab.driver().features(lab.gpu());

            assertThat(features.computeCapability()).contains(new GpuFeatures.ComputeCapability(8, 9));
            assertThat(features.devices()).isEmpty();
        }
    }

    @Test
    default void whileMigModeIsOffTheGpuIsToldAsAWhole() throws GpuException {
        try (GpuLab lab = boot(false, NO_MIG)) {
            GpuUsage usage = lab.driver().usage(lab.gpu());

            assertThat(usage.computePercent()).hasValue(0);
            assertThat(usage.memoryAccessPercent()).hasValue(0);
            assertThat(usage.instances()).isEmpty();
            lab.loseGpu(lab.gpu());
            assertRefused(GpuErrorCode.GPU_LOST, () -> lab.driver().usage(lab.gpu()));
        }
    }
}
