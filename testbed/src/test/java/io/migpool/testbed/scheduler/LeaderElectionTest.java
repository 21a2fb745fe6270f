package io.migpool.testbed.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.testbed.TestApi;
import io.migpool.testbed.apiserver.faults.Faults;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeaderElectionTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final double FAST = 0.3;

    private final TestApi api = new TestApi();
    private final Scheduler first = replica("first");

    @BeforeEach
    void aNodeAndALeader() {
        var amounts = Map.of("cpu", new Quantity("8"), "memory", new Quantity("32Gi"), "pods", new Quantity("110"));
        api.client
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node")
                        .endMetadata()
                        .withNewStatus()
                        .withAllocatable(amounts)
                        .withCapacity(amounts)
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build())
                .create();
        await("the first replica leads").atMost(SOON).until(first::isLeading);
    }

    @AfterEach
    void stop() {
        first.close();
        api.close();
    }

    @Test
    void onlyTheLeaderSchedules() {
        try (Scheduler second = replica("second")) {
            submit("pod");

            awaitBound("pod");
            assertThat(first.attempts(TestApi.NAMESPACE, "pod")).hasSize(1);
            assertThat(second.isLeading()).isFalse();
            assertThat(second.attempts()).isEmpty();
        }
    }

    @Test
    void anotherReplicaTakesOverWhenTheLeaderStops() {
        try (Scheduler second = replica("second")) {
            first.close();
            submit("pod");

            awaitBound("pod");
            assertThat(second.isLeading()).isTrue();
            assertThat(second.attempts(TestApi.NAMESPACE, "pod")).hasSize(1);
        }
    }

    @Test
    void aKilledLeaderKeepsItsLeaseUntilThatExpires() {
        first.kill();

        assertThat(holder()).isEqualTo("first");
        try (Scheduler second = replica("second")) {
            submit("pod");

            awaitBound("pod");
            assertThat(holder()).isEqualTo("second");
            assertThat(second.attempts(TestApi.NAMESPACE, "pod")).hasSize(1);
        }
    }

    private String holder() {
        var election = LeaderElection.of("anybody");
        return api.client
                .leases()
                .inNamespace(election.namespace())
                .withName(election.lease())
                .require()
                .getSpec()
                .getHolderIdentity();
    }

    @Test
    void aLeaderThatCannotRenewStopsBeforeAnotherTakesOver() {
        api.faults().injectWithProbability(Faults.Match.of("*", "leases"), new Faults.Effect.Refuse(503), 1.0);
        await("the first replica gives up").atMost(SOON).until(() -> !first.isLeading());
        submit("pod");
        api.faults().clear();

        try (Scheduler second = replica("second")) {
            awaitBound("pod");
            assertThat(second.attempts(TestApi.NAMESPACE, "pod")).hasSize(1);
            assertThat(first.isLeading()).isFalse();
            assertThat(first.attempts()).isEmpty();
        }
    }

    @Test
    void timesThatLetTwoReplicasLeadAreRefused() {
        assertThatThrownBy(() -> new LeaderElection(
                        "kube-system",
                        "lease",
                        "me",
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(2)))
                .hasMessageContaining("leaseDuration PT10S, renewDeadline PT10S");
    }

    private Scheduler replica(String identity) {
        return Scheduler.start(SchedulerOptions.of(api.client.getConfiguration())
                .withElection(LeaderElection.of(identity).scaledBy(FAST)));
    }

    private void submit(String name) {
        api.create(TestApi.pod(name, Map.of())
                .editSpec()
                .withSchedulerName("hami-scheduler")
                .endSpec());
    }

    private void awaitBound(String name) {
        await(name + " is bound")
                .atMost(SOON)
                .until(() -> api.get(name).getSpec().getNodeName() != null);
    }
}
