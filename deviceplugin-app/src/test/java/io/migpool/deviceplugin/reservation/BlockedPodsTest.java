package io.migpool.deviceplugin.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.LogLines;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.PoolObserver;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import io.migpool.runtime.time.Loop;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a pod whose place is blocked is evicted. */
class BlockedPodsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final PodClaim CLAIM = new PodClaim(
            "uid-llm",
            "default",
            "llm",
            List.of(new ContainerClaim("main", 0, false, true, List.of(new ClaimedDevice.Shared("GPU-a", 1000, 10)))));

    @TempDir
    Path directory;

    private final FakeCluster cluster = new FakeCluster();
    private final StandingClock clock = new StandingClock();
    private SimulatedMachine machine;
    private GpuDriver driver;
    private InstancePool pool;
    private BlockedPods blocked;

    @BeforeEach
    void start() throws Exception {
        machine = SimulatedMachine.inMemory(MachineSpec.of("NVIDIA A100-SXM4-80GB"));
        driver = machine.openDriver();
        pool = new InstancePool(
                driver,
                driver.gpus(),
                new OwnershipFile(directory.resolve("state")),
                () -> Duration.ofMinutes(10),
                Clock.systemUTC(),
                PoolObserver.NONE);
        pool.start();
        blocked = new BlockedPods(cluster, pool, cluster, () -> PATIENCE, clock);
        cluster.add(ReservedPod.named("llm").app("main").controlled().build());
    }

    @AfterEach
    void stop() {
        pool.close();
        driver.close();
        machine.close();
    }

    /** Stands still until it is put forward. */
    private static final class StandingClock extends Clock {

        private Instant now = Instant.EPOCH;

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    @Test
    void theTimeCountsFromTheFirstOfReportsInARow() {
        blocked.blocked(CLAIM, () -> true);
        clock.advance(PATIENCE.minusSeconds(1));
        blocked.blocked(CLAIM, () -> true);
        assertThat(blocked.evictOverdue()).isEqualTo(Loop.Next.AFTER_PAUSE);
        assertThat(cluster.evicted()).isEmpty();

        clock.advance(Duration.ofSeconds(1));
        assertThat(blocked.evictOverdue()).isEqualTo(Loop.Next.AFTER_PAUSE);

        assertThat(cluster.evicted()).containsExactly("llm");
    }

    @Test
    void whoIsNotBlockedAnyMoreWhenItsTimeIsOverIsNotEvicted() {
        AtomicBoolean still = new AtomicBoolean(true);
        blocked.blocked(CLAIM, still::get);
        still.set(false);
        clock.advance(PATIENCE);

        assertThat(blocked.evictOverdue()).isEqualTo(Loop.Next.AFTER_PAUSE);

        assertThat(cluster.evicted()).isEmpty();
        assertThat(blocked.waiting()).isZero();
    }

    @Test
    void aStartThatFailsForAnotherReasonStopsTheTime() {
        blocked.blocked(CLAIM, () -> true);
        clock.advance(PATIENCE.minusSeconds(1));
        blocked.unblocked(CLAIM.uid());
        blocked.blocked(CLAIM, () -> true);
        clock.advance(Duration.ofSeconds(1));

        assertThat(blocked.evictOverdue()).isEqualTo(Loop.Next.AFTER_PAUSE);

        assertThat(cluster.evicted()).isEmpty();
        assertThat(blocked.waiting()).isOne();
    }

    @Test
    void whoIsKeptByADisruptionBudgetIsTriedEverMoreSeldomAndToldOnce() {
        cluster.holdBackEvictions(14);
        blocked.blocked(CLAIM, () -> true);
        clock.advance(PATIENCE);
        Instant first = clock.instant();
        try (LogLines logged = new LogLines(BlockedPods.class)) {
            while (blocked.evictOverdue() == Loop.Next.RETRY_SOON) {
                // Its start is retried meanwhile.
                blocked.blocked(CLAIM, () -> true);
                clock.advance(Duration.ofSeconds(10));
            }

            assertThat(cluster.evicted()).containsExactly("llm");
            assertThat(Duration.between(first, clock.instant()))
                    .as("14 pauses that double from 1 s up to 5 min, in steps of 10 s")
                    .isBetween(Duration.ofMinutes(30), Duration.ofMinutes(40));
            assertThat(logged.from(Level.INFO))
                    .filteredOn(line -> line.contains("budget"))
                    .containsExactly("a disruption budget prevents the eviction of default/llm");
        }
    }

    @Test
    void whoIsNotBlockedAnyMoreIsForgottenBeforeTheNextAttempt() {
        cluster.holdBackEvictions(1);
        AtomicBoolean still = new AtomicBoolean(true);
        blocked.blocked(CLAIM, still::get);
        clock.advance(PATIENCE);
        assertThat(blocked.evictOverdue()).isEqualTo(Loop.Next.RETRY_SOON);
        still.set(false);

        assertThat(blocked.evictOverdue()).isEqualTo(Loop.Next.AFTER_PAUSE);

        assertThat(blocked.waiting()).isZero();
    }
}
