package io.migpool.testbed.scheduler;

import static io.migpool.testbed.TestApi.GPU;
import static io.migpool.testbed.TestApi.pod;
import static io.migpool.testbed.scheduler.SchedulerFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PreemptionTest {

    private final SchedulerFixture cluster = new SchedulerFixture();

    @BeforeEach
    void oneNodeWithTwoSlots() {
        cluster.extenderBinds();
        cluster.node("n1", 2);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aPodOfHigherPriorityMakesOneLeaveThatMattersLeastAndTakesItsSlot() {
        cluster.submit(priority("low", 1, 1));
        cluster.submit(priority("middle", 1, 5));
        cluster.awaitBound("low");
        cluster.awaitBound("middle");

        cluster.submit(priority("high", 1, 10));

        await().atMost(SOON).until(() -> cluster.api.get("low").getMetadata().getDeletionTimestamp() != null);
        assertThat(cluster.api.get("middle").getMetadata().getDeletionTimestamp())
                .isNull();
        await().atMost(SOON)
                .until(() -> "n1".equals(cluster.api.get("high").getStatus().getNominatedNodeName()));
        assertThat(cluster.extender
                        .preempts
                        .getFirst()
                        .at("/NodeNameToMetaVictims/n1/Pods/0/UID")
                        .asText())
                .isEqualTo(cluster.api.get("low").getMetadata().getUid());
        assertThat(cluster.api.get("high").getSpec().getNodeName()).isNull();

        cluster.api.client.pods().withName("low").withGracePeriod(0).delete();

        assertThat(cluster.awaitBound("high")).isEqualTo("n1");
    }

    @Test
    void theRoomThatWasMadeIsKeptFromPodsOfLowerPriority() {
        cluster.submit(priority("low", 2, 1));
        cluster.awaitBound("low");
        cluster.submit(priority("high", 2, 10));
        await().atMost(SOON)
                .until(() -> "n1".equals(cluster.api.get("high").getStatus().getNominatedNodeName()));

        cluster.submit(priority("sneaky", 1, 1));
        cluster.awaitRefused("sneaky");
        cluster.api.client.pods().withName("low").withGracePeriod(0).delete();

        assertThat(cluster.awaitBound("high")).isEqualTo("n1");
        assertThat(cluster.api.get("sneaky").getSpec().getNodeName()).isNull();
    }

    @Test
    void aNodeThatOnlyTheExtenderRefusesEndsInAnErrorBecauseNoVictimIsNeeded() {
        cluster.submit(priority("low", 1, 1));
        cluster.awaitBound("low");
        cluster.extender.onFilter = _ -> "{\"NodeNames\":[],\"FailedNodes\":{\"n1\":\"no free slice\"}}";

        cluster.submit(priority("high", 1, 10));

        assertThat(cluster.awaitRefused("high"))
                .isEqualTo("0/1 nodes are available: 1 no free slice."
                        + " preemption: expected at least one victim pod on node \"n1\"");
        assertThat(cluster.api.get("low").getMetadata().getDeletionTimestamp()).isNull();
        assertThat(cluster.extender.preempts).isEmpty();
    }

    @Test
    void aNodeThatTheExtenderDropsInPreemptIsSpared() {
        cluster.submit(priority("low", 2, 1));
        cluster.awaitBound("low");
        cluster.extender.onPreempt = _ -> "{\"NodeNameToMetaVictims\":{}}";

        cluster.submit(priority("high", 1, 10));

        assertThat(cluster.awaitRefused("high")).startsWith("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.");
        assertThat(cluster.extender.preempts).isNotEmpty();
        assertThat(cluster.api.get("low").getMetadata().getDeletionTimestamp()).isNull();
    }

    @Test
    void aPodThatMustNotPreemptWaits() {
        cluster.submit(priority("low", 2, 1));
        cluster.awaitBound("low");

        cluster.submit(priority("polite", 1, 10, "Never"));

        assertThat(cluster.awaitRefused("polite")).endsWith("not eligible due to preemptionPolicy=Never.");
    }

    @Test
    void whileVictimsLeaveNobodyElseIsEvicted() {
        cluster.node("n2", 2);
        cluster.submit(priority("low", 2, 1));
        cluster.submit(priority("middle", 2, 5));
        cluster.awaitBound("middle");
        cluster.awaitBound("low");
        cluster.submit(priority("high", 2, 10));
        await().atMost(SOON).until(() -> cluster.api.get("high").getStatus().getNominatedNodeName() != null);
        assertThat(cluster.api.get("low").getStatus().getConditions())
                .anySatisfy(condition -> assertThat(condition.getReason()).isEqualTo("PreemptionByScheduler"));

        // From now on the extender chooses the other victim.
        cluster.extender.onPreempt = request -> "{\"NodeNameToMetaVictims\":{\"%s\":{\"Pods\":[{\"UID\":\"%s\"}]}}}"
                .formatted(
                        cluster.api.get("middle").getSpec().getNodeName(),
                        cluster.api.get("middle").getMetadata().getUid());
        cluster.node("n3", 0);

        await().atMost(SOON).until(() -> cluster.scheduler
                .lastFailure("default", "high")
                .orElse("")
                .endsWith("not eligible due to a terminating pod on the nominated node."));
        assertThat(cluster.extender.preempts).hasSize(1);
        assertThat(cluster.api.get("middle").getMetadata().getDeletionTimestamp())
                .isNull();
        assertThat(cluster.api.get("high").getStatus().getNominatedNodeName())
                .isEqualTo(cluster.api.get("low").getSpec().getNodeName());
    }

    @Test
    void aNodeStaysKeptIfTheExtenderDropsAllOthers() {
        cluster.submit(priority("low", 2, 1));
        cluster.awaitBound("low");
        cluster.node("n2", 2);
        cluster.submit(priority("other", 2, 1));
        cluster.awaitBound("other");
        cluster.submit(priority("high", 2, 10));
        await().atMost(SOON)
                .until(() -> "n1".equals(cluster.api.get("high").getStatus().getNominatedNodeName()));
        var accept = cluster.extender.onFilter;
        cluster.extender.onFilter = request ->
                request.at("/Pod/metadata/name").asText().equals("high")
                        ? "{\"NodeNames\":[],\"FailedNodes\":{\"n1\":\"not synced yet\"}}"
                        : accept.apply(request);
        cluster.extender.onPreempt = _ -> "{\"NodeNameToMetaVictims\":{}}";

        cluster.api.client.pods().withName("low").withGracePeriod(0).delete();

        await().atMost(SOON).until(() -> cluster.scheduler
                .lastFailure("default", "high")
                .orElse("")
                .endsWith("no candidate node for preemption"));
        cluster.submit(priority("modest", 1, 1));
        assertThat(cluster.awaitRefused("modest"))
                .startsWith("0/2 nodes are available: 2 Insufficient nvidia.com/gpu.");
        assertThat(cluster.api.get("high").getStatus().getNominatedNodeName()).isEqualTo("n1");
    }

    @Test
    void aNodeIsNoLongerKeptForAPodThatCannotHaveIt() {
        cluster.submit(priority("low", 2, 1));
        cluster.awaitBound("low");
        cluster.submit(priority("high", 2, 10));
        await().atMost(SOON)
                .until(() -> "n1".equals(cluster.api.get("high").getStatus().getNominatedNodeName()));
        var accept = cluster.extender.onFilter;
        cluster.extender.onFilter = request ->
                request.at("/Pod/metadata/name").asText().equals("high")
                        ? "{\"NodeNames\":[],\"FailedAndUnresolvableNodes\":{\"n1\":\"slices are scattered\"}}"
                        : accept.apply(request);

        cluster.api.client.pods().withName("low").withGracePeriod(0).delete();

        await().atMost(SOON).until(() -> cluster.api.get("high").getStatus().getNominatedNodeName() == null);
        cluster.submit(priority("modest", 1, 1));
        assertThat(cluster.awaitBound("modest")).isEqualTo("n1");
    }

    private PodBuilder priority(String name, int gpus, int priority) {
        return priority(name, gpus, priority, "PreemptLowerPriority");
    }

    private PodBuilder priority(String name, int gpus, int priority, String preemption) {
        var priorityClass = new PriorityClassBuilder()
                .withNewMetadata()
                .withName("class-of-" + name)
                .endMetadata()
                .withValue(priority)
                .withPreemptionPolicy(preemption)
                .build();
        cluster.api.client.resource(priorityClass).create();
        return pod(name, Map.of(GPU, Integer.toString(gpus)))
                .editSpec()
                .withPriorityClassName("class-of-" + name)
                .endSpec();
    }
}
