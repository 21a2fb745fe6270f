package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Evictions, and the disruption budgets that forbid them. */
class EvictionTest {
    private final ClusterFixture cluster = new ClusterFixture();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void anEvictionSaysSoInThePodAndDeletesWithGrace() throws Exception {
        bound("evicted");

        assertThat(evict("evicted")).isEqualTo(201);

        Pod pod = cluster.client.pods().withName("evicted").get();
        assertThat(pod.getMetadata().getDeletionTimestamp()).isNotEmpty();
        assertThat(pod.getStatus().getConditions())
                .filteredOn(condition -> condition.getType().equals("DisruptionTarget"))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.getStatus()).isEqualTo("True");
                    assertThat(condition.getReason()).isEqualTo("EvictionByEvictionAPI");
                    assertThat(condition.getMessage()).isEqualTo("Eviction API: evicting");
                });
    }

    @Test
    void anEvictionOfAnotherVersionLeavesThePodAlone() throws Exception {
        bound("p");
        Pod before = cluster.client.pods().withName("p").get();
        String eviction =
                "{\"metadata\":{\"name\":\"p\"},\"deleteOptions\":{\"preconditions\":{\"resourceVersion\":\"%s\"}}}";

        assertThat(cluster.send("POST", "/api/v1/namespaces/default/pods/p/eviction", eviction.formatted("1"))
                        .statusCode())
                .isEqualTo(409);
        assertThat(cluster.client.pods().withName("p").get()).isEqualTo(before);

        assertThat(cluster.send(
                                "POST",
                                "/api/v1/namespaces/default/pods/p/eviction?dryRun=All",
                                eviction.formatted(before.getMetadata().getResourceVersion()))
                        .statusCode())
                .isEqualTo(201);
        assertThat(cluster.client.pods().withName("p").get()).isEqualTo(before);

        assertThat(cluster.send(
                                "POST",
                                "/api/v1/namespaces/default/pods/p/eviction",
                                eviction.formatted(before.getMetadata().getResourceVersion()))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void aBudgetThatIsUsedUpRefusesAnEvictionForNow() throws Exception {
        running("guarded", "db", condition("True"));
        budget("db", "db");

        HttpResponse<String> response = cluster.send(
                "POST", "/api/v1/namespaces/default/pods/guarded/eviction", "{\"metadata\":{\"name\":\"guarded\"}}");

        assertThat(response.statusCode()).isEqualTo(429);
        JsonNode status = Json.parse(response.body());
        assertThat(Json.text(status, "message"))
                .isEqualTo("Cannot evict pod as it would violate the pod's disruption budget.");
        assertThat(Json.objects(status, "details", "causes")).singleElement().satisfies(cause -> {
            assertThat(Json.text(cause, "reason")).isEqualTo("DisruptionBudget");
            assertThat(Json.text(cause, "message"))
                    .isEqualTo("The disruption budget db needs 1 healthy pods and has 1 currently");
        });
    }

    @Test
    void anUnreadyPodMayGoWhereEnoughOthersAreHealthy() throws Exception {
        running("web-0", "web", condition("True"));
        running("web-1", "web", condition("False"));
        budget("web", "web");

        assertThat(evict("web-1")).isEqualTo(201);
        assertThat(evict("web-0")).isEqualTo(429);
    }

    @Test
    void anUnreadyPodIsKeptWhereTooFewAreHealthy() throws Exception {
        running("lone", "lone", condition("False"));
        budget("lone", "lone");

        assertThat(evict("lone")).isEqualTo(429);
    }

    @Test
    void aPodThatDoesNotSayThatItIsReadyIsNotCounted() throws Exception {
        running("web-0", "web", condition("True"));
        running("web-1", "web");
        budget("web", "web");

        assertThat(evict("web-0")).isEqualTo(429);
    }

    @Test
    void aBudgetWithoutASelectorGuardsNothingAndOneThatIsEmptyEverything() throws Exception {
        running("web", "web", condition("True"));
        String budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
        cluster.send("POST", budgets, "{\"metadata\":{\"name\":\"none\"},\"spec\":{\"minAvailable\":1}}");
        assertThat(evict("web")).isEqualTo(201);

        running("db", "db", condition("True"));
        cluster.send(
                "POST", budgets, "{\"metadata\":{\"name\":\"all\"},\"spec\":{\"minAvailable\":2,\"selector\":{}}}");
        assertThat(evict("db")).isEqualTo(429);
    }

    @Test
    void aPodWithTwoBudgetsIsNotEvicted() throws Exception {
        running("torn", "torn", condition("True"));
        budget("torn-a", "torn");
        budget("torn-b", "torn");

        assertThat(evict("torn")).isEqualTo(500);
    }

    private int evict(String pod) throws Exception {
        return cluster.send(
                        "POST",
                        "/api/v1/namespaces/default/pods/" + pod + "/eviction",
                        "{\"metadata\":{\"name\":\"" + pod + "\"}}")
                .statusCode();
    }

    private void budget(String name, String app) throws Exception {
        assertThat(cluster.send(
                                "POST",
                                "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
                                "{\"metadata\":{\"name\":\"" + name + "\"},\"spec\":{\"minAvailable\":1,\"selector\":"
                                        + "{\"matchLabels\":{\"app\":\"" + app + "\"}}}}")
                        .statusCode())
                .isEqualTo(201);
    }

    private void running(String name, String app, PodCondition... conditions) {
        Pod pod = cluster.create(
                pod(name).editMetadata().addToLabels("app", app).endMetadata().build());
        cluster.client.resource(pod).editStatus(old -> new PodBuilder(old)
                .editStatus()
                .withPhase("Running")
                .withConditions(conditions)
                .endStatus()
                .build());
    }

    private static PodCondition condition(String ready) {
        return new PodConditionBuilder().withType("Ready").withStatus(ready).build();
    }

    private Pod bound(String name) {
        Pod pod = cluster.create(pod(name).build());
        cluster.bind(pod, "node-a", Map.of());
        return cluster.client.pods().withName(name).get();
    }
}
