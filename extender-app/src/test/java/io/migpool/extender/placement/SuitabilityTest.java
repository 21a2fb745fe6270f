package io.migpool.extender.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.Boards;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.pool.SharedGpu;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SuitabilityTest {

    @Test
    void theTypesThatAPodNamesAreComparedOnceWithEachModel() {
        String types = IntStream.range(0, 256).mapToObj(i -> "no-such-" + i).collect(Collectors.joining(","));
        Suitability suitability =
                new Suitability(PodConstraints.fromAnnotations(Map.of(Annotations.USE_GPU_TYPE, types)));
        GpuInventory board = Boards.shared("GPU-a", 0, 10, 81_920);
        SharedGpu gpu = SharedGpu.empty(board, false);

        long before = processorTime();
        for (int i = 0; i < 400_000; i++) {
            assertThat(suitability.unsuitable(gpu).orElseThrow().code() == ReasonCode.TYPE)
                    .isTrue();
        }
        // Comparing every GPU would take seconds.
        assertThat(Duration.ofNanos(processorTime() - before)).isLessThan(Duration.ofSeconds(1));
    }

    private static long processorTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
