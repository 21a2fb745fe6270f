package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.gpu.AwaitedGpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DriverWatchTest {

    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A30:2"));

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void aDriverThatComesLateIsOpenedHoweverOftenThatFailsBefore() throws GpuException {
        AtomicInteger looks = new AtomicInteger();
        AwaitedGpuDriver driver = new AwaitedGpuDriver(() -> {
            if (looks.incrementAndGet() < 3) {
                throw new GpuException(GpuErrorCode.NOT_SUPPORTED, "open", "all GPUs", "there is no driver");
            }
            return machine.openDriver();
        });
        try (driver;
                DriverWatch watch = new DriverWatch(driver, Duration.ofMillis(1))) {
            assertThat(driver.gpus()).isEmpty();

            watch.start();

            await().until(() -> driver.gpus().size() == 2);
            assertThat(looks).hasValue(3);
        }
    }

    @Test
    void whyADriverCannotBeOpenedIsLoggedOnceEach() throws GpuException {
        List<String> refusals = List.of("no permission", "no permission", "another version", "another version");
        AtomicInteger looks = new AtomicInteger();
        AwaitedGpuDriver driver = new AwaitedGpuDriver(() -> {
            int look = looks.getAndIncrement();
            if (look < refusals.size()) {
                throw new GpuException(GpuErrorCode.UNKNOWN, "open", "all GPUs", refusals.get(look));
            }
            return machine.openDriver();
        });
        try (LogLines lines = new LogLines(DriverWatch.class);
                driver;
                DriverWatch watch = new DriverWatch(driver, Duration.ofMillis(1))) {
            watch.start();
            await().until(() -> driver.gpus().size() == 2);

            assertThat(lines.from(Level.WARNING))
                    .satisfiesExactly(first -> assertThat(first).contains("no permission"), second -> assertThat(second)
                            .contains("another version"));
        }
    }

    @Test
    void aGpuThatAnswersAgainIsListed() throws GpuException {
        DriverWithoutGpu driver = new DriverWithoutGpu(machine.openDriver(), 1);
        try (driver;
                DriverWatch watch = new DriverWatch(driver, Duration.ofMillis(1))) {
            watch.start();
            driver.repair();

            await().until(() -> driver.gpus().size() == 2);
        }
    }
}
