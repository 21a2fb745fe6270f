package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DriverWatchTest {

    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A30:2"));

    @AfterEach
    void close() {
        machine.close();
    }

    private static DriverWatch watch(GpuDriver driver, boolean withoutGpus, DriverWatch.Look reopening) {
        return DriverWatch.of(driver, withoutGpus, reopening, Duration.ofMillis(1))
                .orElseThrow();
    }

    @Test
    void aDriverThatComesLateIsNoticed() {
        AtomicInteger looks = new AtomicInteger();
        DriverWatch.Look reopening = () -> switch (looks.incrementAndGet()) {
            case 1 -> throw new GpuException(GpuErrorCode.NOT_SUPPORTED, "open", "all GPUs", "there is no driver");
            case 2 -> false;
            default -> true;
        };
        try (DriverWatch watch = watch(new NoGpus(), true, reopening)) {
            assertThat(watch.hasAppeared()).isFalse();

            watch.start();

            await().until(watch::hasAppeared);
            assertThat(looks).hasValue(3);
        }
    }

    @Test
    void aGpuThatAnswersAgainIsNoticedWithoutAnotherDriver() {
        DriverWithoutGpu driver = new DriverWithoutGpu(machine.openDriver(), 1);
        AtomicInteger reopened = new AtomicInteger();
        DriverWatch.Look reopening = () -> reopened.incrementAndGet() > 0;
        try (driver;
                DriverWatch watch = watch(driver, false, reopening)) {
            watch.start();
            driver.repair();

            await().until(watch::hasAppeared);
            assertThat(reopened).hasValue(0);
        }
    }

    @Test
    void whereAllGpusAreKnownNobodyLooks() {
        try (GpuDriver driver = machine.openDriver()) {
            assertThat(DriverWatch.of(driver, false, () -> true, Duration.ofMillis(1)))
                    .isEmpty();
        }
    }
}
