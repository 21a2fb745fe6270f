package io.migpool.deviceplugin.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.NodeDefaults;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuOfferTest {

    @ParameterizedTest
    @CsvSource({
        "Tesla V100-SXM2-16GB, NVIDIA-Tesla V100-SXM2-16GB",
        "Quadro RTX 8000,      NVIDIA-Quadro RTX 8000",
        "NVIDIA A100-PCIE-40GB, NVIDIA A100-PCIE-40GB"
    })
    void aBoardIsRegisteredUnderTheNameThatHamiGivesIt(String model, String registered) {
        GpuDescription gpu = new GpuDescription(
                "GPU-1",
                0,
                0,
                model,
                16_384,
                0,
                "00000000:01:00.0",
                new PciIdentity(0x1db1, 0),
                MigSupport.NONE,
                List.of());

        assertThat(new GpuOffer(gpu, GpuMode.HAMI_CORE, NodeDefaults.DEFAULT, true)
                        .inventory(List.of())
                        .model())
                .isEqualTo(registered);
    }
}
