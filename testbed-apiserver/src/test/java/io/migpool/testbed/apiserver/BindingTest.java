package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.failure;
import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSchedulingGate;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code pods/binding}: node and annotations together or not at all. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BindingTest {
    private final ClusterFixture cluster = new ClusterFixture();

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void nodeAnnotationsAndConditionComeInOneUpdate() {
        List<Pod> seen = new CopyOnWriteArrayList<>();
        Pod pod = cluster.create(pod("together")
                .editMetadata()
                .addToAnnotations("mine", "kept")
                .endMetadata()
                .build());
        try (Watch watch = cluster.client.pods().withName("together").watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, Pod resource) {
                seen.add(resource);
            }

            @Override
            public void onClose(WatcherException cause) {}
        })) {
            cluster.bind(pod, "node-a", Map.of("reservation", "7"));
            Awaitility.await().until(() -> seen.stream()
                    .anyMatch(state -> "node-a".equals(state.getSpec().getNodeName())));
        }

        assertThat(seen).allSatisfy(state -> assertThat(
                        state.getMetadata().getAnnotations().containsKey("reservation"))
                .isEqualTo(state.getSpec().getNodeName() != null));
        Pod bound = seen.getLast();
        assertThat(bound.getMetadata().getAnnotations()).containsEntry("mine", "kept");
        assertThat(bound.getStatus().getConditions())
                .anyMatch(condition -> condition.getType().equals("PodScheduled")
                        && condition.getStatus().equals("True"));
    }

    @Test
    void theUidIsAPrecondition() {
        Pod pod = cluster.create(pod("other-uid").build());
        pod.getMetadata().setUid("11111111-2222-4333-8444-555555555555");

        failure(() -> cluster.bind(pod, "node-a", Map.of()), 409, "Conflict", "Precondition failed: UID");
        assertThat(cluster.client.pods().withName("other-uid").get().getSpec().getNodeName())
                .isNull();
    }

    @Test
    void theResourceVersionMayBeAPrecondition() throws Exception {
        cluster.create(pod("other-version").build());

        HttpResponse<String> response = cluster.send(
                "POST",
                "/api/v1/namespaces/default/pods/other-version/binding",
                "{\"metadata\":{\"name\":\"other-version\",\"resourceVersion\":\"1\"},\"target\":{\"name\":\"node-a\"}}");

        assertThat(response.statusCode()).isEqualTo(409);
    }

    @Test
    void aPodIsBoundOnce() {
        Pod pod = cluster.create(pod("once").build());
        cluster.bind(pod, "node-a", Map.of("first", "yes"));

        failure(
                () -> cluster.bind(pod, "node-b", Map.of("second", "yes")),
                409,
                "Conflict",
                "Operation cannot be fulfilled on pods/binding \"once\": pod once is already assigned to node"
                        + " \"node-a\"");
        assertThat(cluster.client.pods().withName("once").get().getMetadata().getAnnotations())
                .containsOnlyKeys("first");
    }

    @Test
    void aPodThatIsBeingDeletedIsNotBound() {
        Pod pod = cluster.create(pod("leaving")
                .editMetadata()
                .withFinalizers("example.com/hold")
                .endMetadata()
                .build());
        cluster.client.resource(pod).delete();

        failure(
                () -> cluster.bind(pod, "node-a", Map.of()),
                409,
                "Conflict",
                "pod leaving is being deleted, cannot be assigned to a host");
    }

    @Test
    void aGatedPodIsNotBound() {
        Pod pod = cluster.create(pod("gated")
                .editSpec()
                .withSchedulingGates(new PodSchedulingGate("example.com/wait"))
                .endSpec()
                .build());

        failure(
                () -> cluster.bind(pod, "node-a", Map.of()),
                409,
                "Conflict",
                "pod gated has non-empty .spec.schedulingGates");
    }

    @Test
    void theSubresourceOfThePodBindsToo() throws Exception {
        cluster.create(pod("sub").build());

        HttpResponse<String> response = cluster.send(
                "POST",
                "/api/v1/namespaces/default/pods/sub/binding",
                "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"sub\",\"annotations\":{\"a\":\"1\"}},"
                        + "\"target\":{\"kind\":\"Node\",\"name\":\"node-a\"}}");

        assertThat(response.statusCode()).isEqualTo(201);
        assertThat(Json.text(Json.parse(response.body()), "status")).isEqualTo("Success");
        Pod bound = cluster.client.pods().withName("sub").get();
        assertThat(bound.getSpec().getNodeName()).isEqualTo("node-a");
        assertThat(bound.getMetadata().getAnnotations()).containsEntry("a", "1");
    }

    @Test
    void whatHasNoTargetOrNoPodIsRefused() throws Exception {
        cluster.create(pod("aimless").build());
        assertThat(cluster.send(
                                "POST",
                                "/api/v1/namespaces/default/pods/aimless/binding",
                                "{\"metadata\":{\"name\":\"aimless\"}}")
                        .statusCode())
                .isEqualTo(422);
        assertThat(cluster.send(
                                "POST",
                                "/api/v1/namespaces/default/pods/ghost/binding",
                                "{\"metadata\":{\"name\":\"ghost\"},\"target\":{\"name\":\"node-a\"}}")
                        .statusCode())
                .isEqualTo(404);
    }
}
