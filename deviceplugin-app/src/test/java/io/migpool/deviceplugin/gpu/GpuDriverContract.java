package io.migpool.deviceplugin.gpu;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every driver does, whatever stands behind it. */
public abstract class GpuDriverContract implements InstanceContract, MigModeContract, UsageContract, EventContract {

    @Test
    void gpusAreListedByIndexWithWhatTheyAre() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE, NO_MIG, HOPPER)) {
            List<GpuDescription> gpus = lab.driver().gpus();

            assertThat(gpus).extracting(GpuDescription::model).containsExactly(AMPERE, NO_MIG, HOPPER);
            assertThat(gpus).extracting(GpuDescription::index).containsExactly(0, 1, 2);
            assertThat(gpus).extracting(GpuDescription::memoryMiB).containsExactly(81_920L, 46_068L, 81_559L);
            assertThat(gpus)
                    .extracting(GpuDescription::migSupport)
                    .containsExactly(MigSupport.AFTER_RESET, MigSupport.NONE, MigSupport.AT_ONCE);
            assertThat(gpus)
                    .extracting(GpuDescription::uuid)
                    .doesNotHaveDuplicates()
                    .allMatch(uuid -> uuid.startsWith("GPU-"));
            assertThat(gpus).extracting(gpu -> gpu.profiles().size()).containsExactly(7, 0, 7);
            assertThat(lab.driver().bootId())
                    .isNotBlank()
                    .isEqualTo(lab.driver().bootId());
        }
    }

    @Test
    void aGpuThatIsNotThereIsNotFound() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            GpuInstance stray = new GpuInstance(NOWHERE, 1, MigProfile.of(1, 10), GpuLab.at("0:1"), List.of());
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().migMode(NOWHERE))
                    .contains(NOWHERE);
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().instances(NOWHERE));
            assertRefused(GpuErrorCode.NOT_FOUND, () -> lab.driver().destroyGpuInstance(stray));
        }
    }

    @Test
    void aClosedDriverAnswersNothing() throws GpuException {
        try (GpuLab lab = boot(true, AMPERE)) {
            String gpu = lab.gpu();
            lab.driver().close();
            lab.driver().close();

            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().gpus())
                    .contains("the driver is closed");
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().bootId());
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().instances(gpu));
            assertRefused(GpuErrorCode.INVALID_ARGUMENT, () -> lab.driver().enableMig(gpu));
        }
    }
}
