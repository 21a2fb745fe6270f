package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.scheduler.SchedulerFixture.SLICE;
import static io.migpool.testbed.scheduler.SchedulerFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExtenderProtocolTest {

    private final SchedulerFixture cluster = new SchedulerFixture();

    @BeforeEach
    void bindForReal() {
        cluster.extenderBinds();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void filterNamesTheNodesInCapitalisedJsonAndLeavesNodesNull() {
        cluster.node("n1", 4);
        cluster.node("n2", 4);

        cluster.submit(pod("p", SLICE));

        cluster.awaitBound("p");
        var request = cluster.extender.filters.getFirst();
        assertThat(request.fieldNames()).toIterable().containsExactlyInAnyOrder("Pod", "Nodes", "NodeNames");
        assertThat(request.path("Nodes").isNull()).isTrue();
        assertThat(cluster.extender.filtered(0)).containsExactly("n1", "n2");
        assertThat(request.at("/Pod/spec/containers/0/resources/limits/nvidia.com~1gpumem")
                        .asText())
                .isEqualTo("8k");
        assertThat(request.at("/Pod/spec/containers/0/resources/requests/nvidia.com~1gpu")
                        .asText())
                .isEqualTo("1");
    }

    @Test
    void bindNamesPodUidAndNode() {
        cluster.node("n1", 4);

        cluster.submit(pod("p", SLICE));

        assertThat(cluster.awaitBound("p")).isEqualTo("n1");
        var request = cluster.extender.binds.getFirst();
        assertThat(request.path("PodName").asText()).isEqualTo("p");
        assertThat(request.path("PodNamespace").asText()).isEqualTo("default");
        assertThat(request.path("PodUID").asText())
                .isEqualTo(cluster.api.get("p").getMetadata().getUid());
        assertThat(request.path("Node").asText()).isEqualTo("n1");
        await().atMost(SOON).untilAsserted(() -> assertThat(cluster.api.events("p", "Scheduled"))
                .containsExactly("Successfully assigned default/p to n1"));
    }

    @Test
    void withOneFeasibleNodePrioritizeIsNotCalled() {
        cluster.node("n1", 4);

        cluster.submit(pod("p", SLICE));

        cluster.awaitBound("p");
        assertThat(cluster.extender.prioritizes).isEmpty();
    }

    @Test
    void theNodeWithTheExtendersHighestScoreIsChosenEachTime() {
        cluster.node("n1", 4);
        cluster.node("n2", 4);
        cluster.extender.onPrioritize = _ -> "[{\"Host\":\"n1\",\"Score\":3},{\"Host\":\"n2\",\"Score\":10}]";
        for (var index = 0; index < 3; index++) {
            cluster.submit(pod("p" + index, SLICE));
        }

        for (var index = 0; index < 3; index++) {
            assertThat(cluster.awaitBound("p" + index)).isEqualTo("n2");
        }
    }

    @Test
    void anErrorOfPrioritizeIsIgnored() {
        cluster.node("n1", 4);
        cluster.node("n2", 4);
        cluster.extender.onPrioritize = _ -> "no json";

        cluster.submit(pod("p", SLICE));

        cluster.awaitBound("p");
    }

    @Test
    void onlyNodesThatPassTheBuiltInFiltersAreOffered() {
        cluster.node("n1", 0);
        cluster.node("n2", 4);

        cluster.submit(pod("p", SLICE));

        assertThat(cluster.awaitBound("p")).isEqualTo("n2");
        assertThat(cluster.extender.filtered(0)).containsExactly("n2");
    }

    @Test
    void podsWithoutAManagedResourceNeverReachTheExtender() {
        cluster.node("n1", 4);

        cluster.submit(pod("ours", Map.of("cpu", "1")));
        cluster.api.create(pod("default", Map.of()));

        assertThat(cluster.awaitBound("ours")).isEqualTo("n1");
        assertThat(cluster.awaitBound("default")).isEqualTo("n1");
        assertThat(cluster.extender.filters).isEmpty();
        assertThat(cluster.extender.binds).isEmpty();
    }

    @Test
    void podsOfOtherSchedulersAreLeftAlone() {
        cluster.node("n1", 4);
        cluster.api.create(
                pod("foreign", Map.of()).editSpec().withSchedulerName("other").endSpec());
        cluster.submit(pod("ours", Map.of()));

        cluster.awaitBound("ours");
        assertThat(cluster.api.get("foreign").getSpec().getNodeName()).isNull();
    }

    @Test
    void aResourceThatIsIgnoredByTheSchedulerNeedsNoNodeThatAdvertisesIt() {
        cluster.node("n1", 1);

        cluster.submit(pod("p", Map.of(SchedulerFixture.GPUMEM, "9000")));

        assertThat(cluster.awaitBound("p")).isEqualTo("n1");
        assertThat(cluster.extender.filters).hasSize(1);
    }

    @Test
    void wholeNodesAreSentToAnExtenderThatKeepsNoCache() {
        try (var plain = new SchedulerFixture(options -> options.withNodeCacheCapable(false))) {
            plain.extenderBinds();
            plain.extender.onFilter = request -> "{\"Nodes\":%s}".formatted(request.path("Nodes"));
            plain.node("n1", 4);

            plain.submit(pod("p", SLICE));

            plain.awaitBound("p");
            var request = plain.extender.filters.getFirst();
            assertThat(request.path("NodeNames").isNull()).isTrue();
            assertThat(request.at("/Nodes/items/0/metadata/name").asText()).isEqualTo("n1");
        }
    }

    @Test
    void withoutABindVerbTheSchedulerBindsItself() {
        try (var plain = new SchedulerFixture(ExtenderOptions::withoutBind)) {
            plain.node("n1", 4);

            plain.submit(pod("p", Map.of(GPU, "1")));

            assertThat(plain.awaitBound("p")).isEqualTo("n1");
            assertThat(plain.extender.filters).hasSize(1);
            assertThat(plain.extender.binds).isEmpty();
        }
    }

    @Test
    void cyclesAreSerialButTheNextOnesFilterOverlapsWithABind() {
        cluster.node("n1", 4);
        var secondFiltered = new CountDownLatch(2);
        var namesAsTheyAre = cluster.extender.onFilter;
        cluster.extender.onFilter = request -> {
            secondFiltered.countDown();
            return namesAsTheyAre.apply(request);
        };
        cluster.extender.onBind = request -> {
            try {
                secondFiltered.await();
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
            cluster.bindNow(
                    request.path("PodName").asText(), request.path("Node").asText());
            return "{}";
        };

        cluster.submit(pod("first", SLICE));
        await().atMost(SOON).until(() -> cluster.extender.binds.size() == 1);
        assertThat(cluster.api.get("first").getSpec().getNodeName()).isNull();
        cluster.submit(pod("second", SLICE));

        cluster.awaitBound("first");
        cluster.awaitBound("second");
    }
}
