package io.migpool.deviceplugin.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.deviceplugin.settings.AgentConfig;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;

class ConfiguredGpuDriverTest {

    private final List<GpuDriverProvider> providers = List.of(new Adapter("nvml"), new Adapter("simulated"));

    @Test
    void configurationChoosesTheAdapterByName() {
        assertThat(ConfiguredGpuDriver.choose(AgentConfig.of(Map.of("migpool.gpu.driver", "simulated")), providers))
                .isEqualTo(new Adapter("simulated"));
    }

    @Test
    void nobodyGetsSimulatedGpusByAccident() {
        assertThat(ConfiguredGpuDriver.choose(AgentConfig.of(Map.of()), providers))
                .isEqualTo(new Adapter("nvml"));
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        ConfiguredGpuDriver.choose(AgentConfig.of(Map.of("migpool.gpu.driver", "nvidia")), providers))
                .withMessage("migpool.gpu.driver is 'nvidia'; expected one of [nvml, simulated]");
    }

    private record Adapter(String name) implements GpuDriverProvider {
        @Override
        public GpuDriver open(Config config) throws GpuException {
            throw new GpuException(GpuErrorCode.NOT_SUPPORTED, "open", "all GPUs", "only chosen, never opened");
        }
    }
}
