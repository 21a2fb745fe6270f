package io.migpool.deviceplugin.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.helidon.config.mp.MpConfigSources;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import java.nio.file.Path;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedDriverProviderTest {

    private static final String BOARDS = "migpool.simulated.boards";

    private final SimulatedDriverProvider provider = new SimulatedDriverProvider();

    @Test
    void theBoardsOfTheConfigurationAreThere() throws GpuException {
        try (GpuDriver driver = provider.open(config(Map.of(BOARDS, "NVIDIA A100-SXM4-80GB:2")))) {
            assertThat(driver.gpus())
                    .extracting(GpuDescription::model)
                    .containsExactly("NVIDIA A100-SXM4-80GB", "NVIDIA A100-SXM4-80GB");
            assertThat(driver.migMode(driver.gpus().getFirst().uuid())).isEqualTo(MigMode.ON);
        }
    }

    @Test
    void migModeCanBeOffFromTheBeginning() throws GpuException {
        Config config = config(Map.of(BOARDS, "NVIDIA H200", "migpool.simulated.mig-enabled", "false"));
        try (GpuDriver driver = provider.open(config)) {
            assertThat(driver.migMode(driver.gpus().getFirst().uuid())).isEqualTo(MigMode.OFF);
        }
    }

    @Test
    void aSeedMakesUuidsReproducible() throws GpuException {
        Config config = config(Map.of(BOARDS, "NVIDIA H200:3", "migpool.simulated.seed", "7"));
        try (GpuDriver one = provider.open(config);
                GpuDriver two = provider.open(config)) {
            assertThat(one.gpus()).isEqualTo(two.gpus());
        }
    }

    @Test
    void aStateFileIsAMachineThatOutlivesTheDriver(@TempDir Path directory) throws GpuException {
        Config config = config(Map.of(
                BOARDS,
                "NVIDIA H200:3",
                "migpool.simulated.state-file",
                directory.resolve("node-1/gpus.json").toString()));
        String bootId;
        try (GpuDriver driver = provider.open(config)) {
            bootId = driver.bootId();
        }
        try (GpuDriver driver = provider.open(config)) {
            assertThat(driver.bootId()).isEqualTo(bootId);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"300 ms", "PT-1S"})
    void aMalformedLatencyIsNamed(String latency) {
        Config config = config(Map.of(BOARDS, "NVIDIA H200", "migpool.simulated.create-latency", latency));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> provider.open(config))
                .withMessage(
                        "migpool.simulated.create-latency is '%s'; expected an ISO 8601 duration of zero or more,"
                                + " such as PT10M or PT0.5S",
                        latency);
    }

    @Test
    void noBoardsMeansAQuestion() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> provider.open(config(Map.of())))
                .withMessageStartingWith("migpool.simulated.boards is ''; expected the GPUs to simulate");
    }

    private static Config config(Map<String, String> values) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(MpConfigSources.create(values))
                .build();
    }
}
