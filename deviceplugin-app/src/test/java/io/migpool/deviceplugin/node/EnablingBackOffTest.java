package io.migpool.deviceplugin.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EnablingBackOffTest {

    private Instant now = Instant.EPOCH;
    private final EnablingBackOff backOff = new EnablingBackOff(() -> now);

    @Test
    void pausesDoubleFromFiveSecondsToFiveMinutesAndTheGpuStandsAsItDid() throws Exception {
        try (SimulatedMachine machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB"))) {
            GpuStanding pending = GpuStanding.outOfPool(
                    machine.snapshot().gpus().getFirst().description(), GpuTrouble.MIG_MODE_PENDING, "it waits");
            String gpu = pending.gpu().uuid();
            assertThat(backOff.lately(gpu)).isEmpty();
            List<Long> seconds = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                assertThat(backOff.failed(pending)).isSameAs(pending);
                Instant tried = now;
                while (backOff.lately(gpu).isPresent()) {
                    assertThat(backOff.lately(gpu)).contains(pending);
                    now = now.plusSeconds(1);
                }
                seconds.add(Duration.between(tried, now).toSeconds());
            }

            assertThat(seconds).containsExactly(5L, 10L, 20L, 40L, 80L, 160L, 300L, 300L);
            backOff.done(gpu);
            assertThat(backOff.failed(pending)).isSameAs(pending);
            now = now.plusSeconds(5);
            assertThat(backOff.lately(gpu)).isEmpty();
        }
    }
}
