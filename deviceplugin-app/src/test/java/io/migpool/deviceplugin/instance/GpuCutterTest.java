package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is told of a creation. */
class GpuCutterTest {

    private static final Duration SLOW_DISK = Duration.ofHours(1);

    private final TestClock clock = new TestClock();
    private final List<Duration> told = new ArrayList<>();

    @Test
    void theTimeOfACreationIsTheDriversAndNotTheDisks() throws Exception {
        try (SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB"));
                GpuDriver driver = machine.openDriver()) {
            String gpu = driver.gpus().getFirst().uuid();
            GpuCutter cutter =
                    new GpuCutter(gpu, driver, new InstanceTable(() -> {}), new SlowDisk(), clock, observer());

            cutter.create(new Slice(gpu, MigProfile.parse("1g.10gb"), new Placement(0, 1)), "uid");

            assertThat(driver.instances(gpu)).hasSize(1);
            assertThat(told).singleElement().satisfies(took -> assertThat(took).isLessThan(SLOW_DISK));
        }
    }

    private PoolObserver observer() {
        return new PoolObserver() {
            @Override
            public void created(Slice slice, Duration took, Optional<GpuErrorCode> failure) {
                told.add(took);
            }

            @Override
            public void destroyed(Slice slice, Duration took, Optional<GpuErrorCode> failure) {}

            @Override
            public void reused(Slice slice) {}
        };
    }

    /** Takes an hour for a write that is waited for. */
    private final class SlowDisk implements OwnershipLog {

        @Override
        public void saveNow() {
            clock.forward(SLOW_DISK);
        }

        @Override
        public void saveSoon() {}

        @Override
        public void close() {}
    }
}
