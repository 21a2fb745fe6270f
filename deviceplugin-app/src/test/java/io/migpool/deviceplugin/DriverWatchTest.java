package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DriverWatchTest {

    @Test
    void aDriverThatComesLateIsNoticed() {
        AtomicInteger looks = new AtomicInteger();
        try (SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A30"));
                DriverWatch watch = new DriverWatch(
                        () -> switch (looks.incrementAndGet()) {
                            case 1 ->
                                throw new GpuException(
                                        GpuErrorCode.NOT_SUPPORTED, "open", "all GPUs", "there is no driver");
                            case 2 -> new NoGpus();
                            default -> machine.openDriver();
                        },
                        Duration.ofMillis(1))) {
            assertThat(watch.hasAppeared()).isFalse();

            watch.start();

            await().until(watch::hasAppeared);
            assertThat(looks).hasValue(3);
        }
    }
}
