package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.extender.Objects;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A replica before its first decision, and after others may have decided. */
class CatchUpTest {

    private static final Duration SILENCE = Duration.ofSeconds(1);

    private long nanos;
    private Optional<String> leader = Optional.of("a after 1");
    private Optional<String> failure = Optional.empty();
    private int lists;
    private final List<String> taken = new ArrayList<>();

    private final CatchUp catchUp = new CatchUp(
            new ConsistentReads() {
                @Override
                public Optional<String> leader() {
                    return leader;
                }

                @Override
                public Optional<String> boundPods(Consumer<Pod> taker) {
                    lists++;
                    taker.accept(Objects.pod("bound-by-another", "gpu", "1"));
                    return failure;
                }
            },
            pod -> taken.add(pod.getMetadata().getName()),
            SILENCE,
            () -> nanos);

    @Test
    void theFirstRequestReadsEveryBoundPod() {
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(taken).containsExactly("bound-by-another");
    }

    @Test
    void requestsThatFollowCloselyReadNothing() {
        for (int i = 0; i < 10; i++) {
            assertThat(catchUp.ensure()).isEmpty();
            nanos += SILENCE.toNanos() - 1;
        }
        assertThat(lists).isEqualTo(1);
    }

    @Test
    void afterASilenceNothingIsReadIfNobodyElseLed() {
        catchUp.ensure();
        nanos += SILENCE.toNanos();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(1);
    }

    @Test
    void afterATurnOfAnotherReplicaAllIsReadAgain() {
        catchUp.ensure();
        leader = Optional.of("a after 3");
        nanos += SILENCE.toNanos();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void withoutALeaseToLookAtASilenceAlwaysMeansReading() {
        leader = Optional.empty();
        catchUp.ensure();
        nanos += SILENCE.toNanos();
        catchUp.ensure();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aFailedReadKeepsTheRequestFromDecidingAndIsRepeated() {
        failure = Optional.of("timed out");
        assertThat(catchUp.ensure()).contains("timed out");
        failure = Optional.empty();
        assertThat(catchUp.ensure()).isEmpty();
        assertThat(lists).isEqualTo(2);
    }

    @Test
    void aWatchThatLagsBehindTheListChangesNothing() {
        ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
        Pod created = Objects.pod("p", "gpu", "1");
        created.getMetadata().setResourceVersion("9");
        Pod bound = Objects.pod("p", "gpu", "1");
        bound.getMetadata().setResourceVersion("10");
        bound.getSpec().setNodeName("node-a");

        state.podChanged(bound);
        state.podChanged(created);

        assertThat(state.pod("uid-p").map(PodEntry::boundTo)).contains("node-a");
    }
}
