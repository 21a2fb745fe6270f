package io.migpool.deviceplugin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.ReservedPod;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls to the API server for somebody who has to answer himself. */
class TimelyPodsTest {

    private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

    private final FakeCluster cluster = new FakeCluster();
    private final Pod pod = ReservedPod.named("a").build();

    @BeforeEach
    void add() {
        cluster.add(pod);
    }

    @Test
    void aCallThatIsNotAnsweredIsBrokenOffAtTheDeadline() {
        cluster.stall();

        assertThatThrownBy(() -> until(Instant.EPOCH.plusMillis(50)).read("default", "a"))
                .isInstanceOfSatisfying(
                        ClusterException.class, e -> assertThat(e.code()).isEqualTo(ClusterException.Code.UNAVAILABLE))
                .hasMessageContaining("no answer within 50 ms");
        await("nobody waits any more").until(() -> cluster.stalled() == 0);
    }

    @Test
    void afterTheDeadlineNothingIsAsked() {
        assertThatThrownBy(() -> until(Instant.EPOCH).mark(pod, Map.of("a", "b"), Map.of()))
                .hasMessageContaining("no time is left");
        assertThat(cluster.patches()).isZero();
    }

    @Test
    void whatTheApiServerAnswersInTimeIsTheAnswer() throws Exception {
        Pods timely = until(Instant.EPOCH.plusSeconds(60));
        cluster.conflictNext(1);

        assertThat(timely.read("default", "a")).contains(pod);
        assertThatThrownBy(() -> timely.mark(pod, Map.of("a", "b"), Map.of()))
                .isInstanceOfSatisfying(
                        ClusterException.class, e -> assertThat(e.code()).isEqualTo(ClusterException.Code.CONFLICT));
    }

    private Pods until(Instant deadline) {
        return cluster.until(deadline, CLOCK);
    }
}
