package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.migpool.extender.Boards;
import io.migpool.extender.observe.ExtenderGauges;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The gauge's value while the watch of pods is stalled. */
class SyncLagTest {

    private final Scheduling scheduling = new Scheduling().node("n1", Boards.a10080("a", 0));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    SyncLagTest() {
        ExtenderGauges.show(registry, scheduling.cluster, scheduling.book, scheduling.clock);
    }

    @Test
    void theLagGrowsUntilTheClusterViewShowsThePodHoweverOftenThePodIsAskedAbout() {
        Pod pod = scheduling.create("p", "gpu", "1", "gpumem", "8000");
        scheduling.fits(pod, "n1");
        scheduling.bind(pod, "n1");
        for (int seconds = 0; seconds < 600; seconds += 2) {
            assertThat(lag()).isEqualTo(seconds);
            scheduling.pass(Duration.ofSeconds(2));
            scheduling.binder.settle();
        }

        scheduling.show(pod);

        assertThat(lag()).isZero();
    }

    private double lag() {
        return registry.get("migpool_sync_lag_seconds").gauge().value();
    }
}
