package io.migpool.deviceplugin.gpu;

import static io.migpool.deviceplugin.gpu.GpuRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.config.mp.MpConfigSources;
import io.helidon.microprofile.config.ConfigCdiExtension;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GpuDriverInjectionTest {

    private final Config config = ConfigProviderResolver.instance()
            .getBuilder()
            .withSources(MpConfigSources.create(
                    Map.of("migpool.gpu.driver", "remembering", "mp.initializer.allow", "true", "server.port", "0")))
            .build();

    @BeforeEach
    void configure() {
        ConfigProviderResolver.instance()
                .registerConfig(config, Thread.currentThread().getContextClassLoader());
    }

    @AfterEach
    void forget() {
        ConfigProviderResolver.instance().releaseConfig(config);
    }

    @Test
    void theConfiguredDriverIsOpenedOnceOnFirstUseAndClosedAtShutdown() throws GpuException {
        List<GpuDriver> opened;
        try (SeContainer container = SeContainerInitializer.newInstance()
                .disableDiscovery()
                .addExtensions(ConfigCdiExtension.class)
                .addBeanClasses(ConfiguredGpuDriver.class, RememberingProvider.class)
                .initialize()) {
            opened = container.select(RememberingProvider.class).get().opened();
            assertThat(opened).isEmpty();

            assertThat(container.select(GpuDriver.class).get().gpus()).hasSize(2);
            assertThat(container.select(GpuDriver.class).get().gpus()).hasSize(2);

            assertThat(opened).hasSize(1);
        }
        assertRefused(GpuErrorCode.INVALID_ARGUMENT, opened.getFirst()::gpus).contains("the driver is closed");
    }

    /** Opens simulated GPUs and remembers the drivers. */
    @ApplicationScoped
    static class RememberingProvider implements GpuDriverProvider {

        private final List<GpuDriver> opened = new CopyOnWriteArrayList<>();

        @Override
        public String name() {
            return "remembering";
        }

        @Override
        public GpuDriver open(Config config) {
            GpuDriver driver =
                    SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A30:2")).openDriver();
            opened.add(driver);
            return driver;
        }

        List<GpuDriver> opened() {
            return opened;
        }
    }
}
