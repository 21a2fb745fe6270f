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
    void filter_names_the_nodes_in_capitalised_json_and_leaves_nodes_null() {
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
    void bind_names_pod_uid_and_node() {
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
    void with_one_feasible_node_prioritize_is_not_called() {
        cluster.node("n1", 4);

        cluster.submit(pod("p", SLICE));

        cluster.awaitBound("p");
        assertThat(cluster.extender.prioritizes).isEmpty();
    }

    @Test
    void the_extenders_score_outweighs_the_schedulers_own() {
        cluster.node("n1", 4);
        cluster.node("n2", 4);
        cluster.extender.onPrioritize = _ -> "[{\"Host\":\"n1\",\"Score\":3},{\"Host\":\"n2\",\"Score\":10}]";
        for (var index = 0; index < 3; index++) {
            cluster.submit(pod("p" + index, SLICE));
        }

        // Least pods prefers n1 by at most 100; the extender prefers n2 by 7 · 5 · 10 = 350.
        for (var index = 0; index < 3; index++) {
            assertThat(cluster.awaitBound("p" + index)).isEqualTo("n2");
        }
    }

    @Test
    void an_error_of_prioritize_is_ignored() {
        cluster.node("n1", 4);
        cluster.node("n2", 4);
        cluster.extender.onPrioritize = _ -> "no json";

        cluster.submit(pod("p", SLICE));

        cluster.awaitBound("p");
    }

    @Test
    void only_nodes_that_pass_the_built_in_filters_are_offered() {
        cluster.node("n1", 0);
        cluster.node("n2", 4);

        cluster.submit(pod("p", SLICE));

        assertThat(cluster.awaitBound("p")).isEqualTo("n2");
        assertThat(cluster.extender.filtered(0)).containsExactly("n2");
    }

    @Test
    void pods_without_a_managed_resource_never_reach_the_extender() {
        cluster.node("n1", 4);

        cluster.submit(pod("ours", Map.of("cpu", "1")));
        cluster.api.create(pod("default", Map.of()));

        assertThat(cluster.awaitBound("ours")).isEqualTo("n1");
        assertThat(cluster.awaitBound("default")).isEqualTo("n1");
        assertThat(cluster.extender.filters).isEmpty();
        assertThat(cluster.extender.binds).isEmpty();
    }

    @Test
    void pods_of_other_schedulers_are_left_alone() {
        cluster.node("n1", 4);
        cluster.api.create(
                pod("foreign", Map.of()).editSpec().withSchedulerName("other").endSpec());
        cluster.submit(pod("ours", Map.of()));

        cluster.awaitBound("ours");
        assertThat(cluster.api.get("foreign").getSpec().getNodeName()).isNull();
    }

    @Test
    void a_resource_that_is_ignored_by_the_scheduler_needs_no_node_that_advertises_it() {
        cluster.node("n1", 1);

        cluster.submit(pod("p", Map.of(SchedulerFixture.GPUMEM, "9000")));

        assertThat(cluster.awaitBound("p")).isEqualTo("n1");
        assertThat(cluster.extender.filters).hasSize(1);
    }

    @Test
    void whole_nodes_are_sent_to_an_extender_that_keeps_no_cache() {
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
    void without_a_bind_verb_the_scheduler_binds_itself() {
        try (var plain = new SchedulerFixture(ExtenderOptions::withoutBind)) {
            plain.node("n1", 4);

            plain.submit(pod("p", Map.of(GPU, "1")));

            assertThat(plain.awaitBound("p")).isEqualTo("n1");
            assertThat(plain.extender.filters).hasSize(1);
            assertThat(plain.extender.binds).isEmpty();
        }
    }

    @Test
    void cycles_are_serial_but_the_next_ones_filter_overlaps_with_a_bind() {
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
