package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriverContract;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuLab;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlContractTest extends GpuDriverContract {

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @Override
    public GpuLab boot(boolean migEnabled, String... models) throws GpuException {
        fake.boot(migEnabled, models);
        return fake.open();
    }

    @AfterEach
    void theLibraryIsShutDownAsOftenAsItWasStarted() {
        assertThat(fake.hooks().fake_initialised()).isZero();
        assertThat(fake.hooks().fake_calls("nvmlInit_v2")).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {AMPERE, HOPPER, "NVIDIA A30", "NVIDIA RTX PRO 6000 Blackwell Server Edition"})
    void aBoardIsToldAsTheSimulationHasIt(String model) throws GpuException {
        try (GpuLab lab = boot(true, model);
                SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of(model));
                GpuDriver simulated = machine.openDriver()) {
            GpuDescription expected = simulated.gpus().getFirst();

            assertThat(lab.description().profiles()).containsExactlyInAnyOrderElementsOf(expected.profiles());
            assertThat(lab.description().memoryMiB()).isEqualTo(expected.memoryMiB());
            assertThat(lab.description().migSupport()).isEqualTo(expected.migSupport());
        }
    }
}
