package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NominatedNodeTest {

    private static final PodInfo POD = PodInfo.of(pod("p", Map.of(GPU, "1")).build());
    private static final List<NodeInfo> NODES = List.of(free("n1"), free("n2"), free("n3"));

    private final FakeExtender extender = new FakeExtender();
    private final SchedulingCycle cycle = new SchedulingCycle(
            new NodeFilters(Set.of()),
            Optional.of(new ExtenderClient(
                    ExtenderOptions.of(extender.uri(), List.of(new ManagedResource(GPU, false))),
                    new KubernetesSerialization())),
            false,
            SchedulerProfile.DEFAULT,
            1);

    @AfterEach
    void stop() {
        extender.close();
    }

    @Test
    void theExtenderIsAskedForTheNominatedNodeAlone() throws Exception {
        var found = cycle.search(POD, NODES, Optional.of("n2"));

        assertThat(found.chosen()).contains("n2");
        assertThat(extender.filters).hasSize(1);
        assertThat(extender.filtered(0)).containsExactly("n2");
        assertThat(extender.prioritizes).isEmpty();
    }

    @Test
    void aRefusedNominationIsFollowedByASecondFilterWithAllNodes() throws Exception {
        extender.onFilter = request -> extender.filters.size() == 1
                ? "{\"NodeNames\":[],\"FailedNodes\":{\"n2\":\"no free slice\"}}"
                : "{\"NodeNames\":[\"n3\"],\"FailedNodes\":{\"n1\":\"no\",\"n2\":\"no\"}}";

        var found = cycle.search(POD, NODES, Optional.of("n2"));

        assertThat(found.chosen()).contains("n3");
        assertThat(extender.filtered(0)).containsExactly("n2");
        assertThat(extender.filtered(1)).containsExactlyInAnyOrder("n1", "n2", "n3");
        assertThat(extender.filters).hasSize(2);
    }

    private static NodeInfo free(String name) {
        return new NodeInfo(
                new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewStatus()
                        .addToAllocatable(GPU, new Quantity("1"))
                        .addToAllocatable("pods", new Quantity("110"))
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build(),
                List.of());
    }
}
