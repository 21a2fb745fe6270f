package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.scheduler.SchedulerFixture.SLICE;
import static io.migpool.testbed.scheduler.SchedulerFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.TestApi;
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

    @Test
    void defaultPluginsMayOutweighTheExtender() {
        try (var cluster = cluster(SchedulerProfile.DEFAULT.withPluginWeight(12))) {
            cluster.extenderBinds();
            cluster.extender.onPrioritize = _ -> "[{\"Host\":\"n1\",\"Score\":10},{\"Host\":\"n2\",\"Score\":5}]";
            cluster.node("n1", 4);
            cluster.submit(pod("there", SLICE));
            cluster.awaitBound("there");
            cluster.node("n2", 4);

            cluster.submit(pod("p", SLICE));

            // Least pods prefers n2 by 12 · 100 = 1200; the extender prefers n1 by 5 · 5 · 10 = 250.
            assertThat(cluster.awaitBound("p")).isEqualTo("n2");
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
