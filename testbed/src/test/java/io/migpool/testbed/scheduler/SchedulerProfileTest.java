package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.scheduler.SchedulerFixture.SLICE;
import static io.migpool.testbed.scheduler.SchedulerFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.migpool.testbed.TestApi;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sampling, weights and PreBind. */
class SchedulerProfileTest {

    @ParameterizedTest
    @CsvSource({
        "100, 100, 1000, 1000",
        "10, 100, 1000, 100",
        "50, 100, 1000, 500",
        "5, 100, 80, 80",
        "0, 100, 1000, 420",
        "0, 100, 10000, 500"
    })
    void aLargeClusterIsSampledAsKubeSchedulerDoes(int percentage, int least, int nodes, int expected) {
        assertThat(SchedulerProfile.DEFAULT.withSample(percentage, least).nodesToFind(nodes))
                .isEqualTo(expected);
    }

    @Test
    void aProfileForNoSchedulerIsRefused() {
        assertThatThrownBy(() -> SchedulerProfile.DEFAULT.withScores(Map.of()))
                .hasMessage("scores is empty: must name at least one scheduler");
    }

    @Test
    void valuesThatKubeSchedulerRefusesAreRefused() {
        assertThatThrownBy(() -> SchedulerProfile.DEFAULT.withSample(101, 100))
                .hasMessage("percentageOfNodesToScore is 101: must be 0 to 100");
    }

    @Test
    void theNextPodIsOfferedTheNextNodes() {
        try (var cluster = cluster(SchedulerProfile.DEFAULT.withSample(50, 2))) {
            cluster.extenderBinds();
            for (var node = 1; node <= 4; node++) {
                cluster.node("n" + node, 4);
            }

            cluster.submit(pod("p1", SLICE));
            cluster.awaitBound("p1");
            cluster.submit(pod("p2", SLICE));
            cluster.awaitBound("p2");

            assertThat(cluster.extender.filtered(0)).containsExactly("n1", "n2");
            assertThat(cluster.extender.filtered(1)).containsExactly("n3", "n4");
        }
    }

    /** A taint counts 300, a point of the extender 5 · 10. */
    @ParameterizedTest
    @CsvSource({"5, n2", "7, n1"})
    void theSchedulersOwnScoresAndTheExtendersAreAdded(int morePoints, String chosen) {
        try (var cluster = cluster(SchedulerProfile.DEFAULT)) {
            cluster.extenderBinds();
            cluster.extender.onPrioritize =
                    _ -> "[{\"Host\":\"n1\",\"Score\":%d},{\"Host\":\"n2\",\"Score\":0}]".formatted(morePoints);
            cluster.node(
                    new NodeBuilder()
                            .withNewMetadata()
                            .withName("n1")
                            .endMetadata()
                            .withNewSpec()
                            .addNewTaint("PreferNoSchedule", "example.com/old", null, "yes")
                            .endSpec(),
                    Map.of(TestApi.GPU, 4));
            cluster.node("n2", 4);

            cluster.submit(pod("p", SLICE));

            assertThat(cluster.awaitBound("p")).isEqualTo(chosen);
        }
    }

    @Test
    void aPodIsBoundWhenWhatItWaitsForIsThereAndOthersBefore() {
        var ready = new CountDownLatch(1);
        PreBind volume = pod -> {
            if (pod.getMetadata().getName().equals("slow")) {
                ready.await();
            }
        };
        try (var cluster = cluster(SchedulerProfile.DEFAULT.withPreBind(volume))) {
            cluster.extenderBinds();
            cluster.node("n1", 4);
            cluster.submit(pod("slow", SLICE));
            await("a node is chosen").atMost(SOON).until(() -> !cluster.scheduler
                    .attempts(TestApi.NAMESPACE, "slow")
                    .isEmpty());

            cluster.submit(pod("quick", SLICE));
            cluster.awaitBound("quick");
            assertThat(cluster.api.get("slow").getSpec().getNodeName()).isNull();
            ready.countDown();

            cluster.awaitBound("slow");
        }
    }

    private static SchedulerFixture cluster(SchedulerProfile profile) {
        return new SchedulerFixture(UnaryOperator.identity(), profile);
    }
}
