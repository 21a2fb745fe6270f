package io.migpool.deviceplugin.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a pass knows of GPUs of which one answers late. */
class GpuLooksTest {

    private final SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A30:2"));
    private final AtomicInteger lateAnswers = new AtomicInteger();
    private final AtomicInteger looksAtHanging = new AtomicInteger();
    private final CountDownLatch release = new CountDownLatch(1);
    private volatile MigMode mode = MigMode.OFF;
    private volatile boolean hangs;
    private final GpuLooks looks = new GpuLooks(this::look, Duration.ofMillis(1), lateAnswers::incrementAndGet);
    private List<GpuDescription> gpus;

    @BeforeEach
    void open() throws GpuException {
        try (GpuDriver driver = machine.openDriver()) {
            gpus = driver.gpus();
        }
    }

    @AfterEach
    void close() {
        looks.close();
        machine.close();
    }

    private MigMode look(GpuDescription gpu) throws GpuException {
        if (gpu.index() == 1 && hangs) {
            looksAtHanging.incrementAndGet();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new GpuException(GpuErrorCode.TIMEOUT, "look", gpu.uuid(), "interrupted", e);
            }
        }
        return mode;
    }

    private MigMode seen(int index) {
        return switch (looks.at(gpus).get(index).seen()) {
            case GpuLooks.Seen.Mode answer -> answer.mode();
            case GpuLooks.Seen.Trouble trouble -> throw new AssertionError(trouble.why());
        };
    }

    @Test
    void whatAGpuSaidLastHoldsUntilItsLateAnswerComes() {
        assertThat(seen(0)).isEqualTo(MigMode.OFF);
        // A look that was begun before it hangs may be under way.
        hangs = true;
        await().until(() -> seen(1).equals(MigMode.OFF) && looksAtHanging.get() == 1);
        mode = MigMode.ON;

        await().until(() -> seen(0).equals(MigMode.ON));
        assertThat(seen(1)).isEqualTo(MigMode.OFF);
        assertThat(looksAtHanging).hasValue(1);

        int before = lateAnswers.get();
        release.countDown();
        await().until(() -> lateAnswers.get() > before);
        await().until(() -> seen(1).equals(MigMode.ON));
    }

    @Test
    void theFirstAnswerIsWaitedFor() throws InterruptedException {
        hangs = true;
        Thread releasing = Thread.ofVirtual().start(() -> {
            await().until(() -> looksAtHanging.get() == 1);
            release.countDown();
        });

        assertThat(seen(1)).isEqualTo(MigMode.OFF);
        releasing.join();
    }

    @Test
    void theFirstAnswerOfAGpuThatComesLaterDelaysNobody() {
        hangs = true;
        assertThat(looks.at(gpus.subList(0, 1))).hasSize(1);

        GpuLooks.Seen seen = looks.at(gpus).get(1).seen();

        assertThat(seen).isInstanceOfSatisfying(GpuLooks.Seen.Trouble.class, trouble -> assertThat(
                        trouble.why().code())
                .isEqualTo(GpuErrorCode.TIMEOUT));
        release.countDown();
        await().until(() -> looks.at(gpus).get(1).seen() instanceof GpuLooks.Seen.Mode);
    }
}
