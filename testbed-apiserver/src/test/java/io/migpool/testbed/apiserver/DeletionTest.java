package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.failure;
import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Deletion: grace, finalizers, preconditions, collections, namespaces. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeletionTest {
    private final ClusterFixture cluster = new ClusterFixture();

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void anUnboundPodGoesAtOnce() {
        cluster.create(pod("unbound").build());

        cluster.client.pods().withName("unbound").delete();

        assertThat(cluster.client.pods().withName("unbound").get()).isNull();
    }

    @Test
    void aBoundPodWaitsForItsKubelet() {
        Pod pod = bound("bound");

        cluster.client.pods().withName("bound").delete();

        Pod waiting = cluster.client.pods().withName("bound").get();
        assertThat(waiting.getMetadata().getDeletionGracePeriodSeconds()).isEqualTo(30);
        assertThat(Instant.parse(waiting.getMetadata().getDeletionTimestamp()))
                .isBetween(Instant.now(), Instant.now().plus(Duration.ofSeconds(31)));
        assertThat(waiting.getMetadata().getGeneration())
                .isEqualTo(pod.getMetadata().getGeneration() + 1);

        cluster.client.pods().withName("bound").withGracePeriod(0).delete();
        assertThat(cluster.client.pods().withName("bound").get()).isNull();
    }

    @Test
    void onlyAShorterGraceChangesAWaitingDeletion() {
        bound("waiting");
        cluster.client.pods().withName("waiting").withGracePeriod(20).delete();
        String version =
                cluster.client.pods().withName("waiting").get().getMetadata().getResourceVersion();

        cluster.client.pods().withName("waiting").withGracePeriod(25).delete();
        assertThat(cluster.client.pods().withName("waiting").get().getMetadata().getResourceVersion())
                .isEqualTo(version);

        cluster.client.pods().withName("waiting").withGracePeriod(5).delete();
        assertThat(cluster.client.pods().withName("waiting").get().getMetadata().getDeletionGracePeriodSeconds())
                .isEqualTo(5);
    }

    @Test
    void aFinishedPodGoesAtOnceThoughItIsBound() {
        Pod pod = bound("finished");
        cluster.client.resource(pod).editStatus(old -> new PodBuilder(old)
                .editStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build());

        cluster.client.pods().withName("finished").delete();

        assertThat(cluster.client.pods().withName("finished").get()).isNull();
    }

    @Test
    void aFinalizerHoldsAnObjectUntilItIsTakenOff() {
        ConfigMap held = cluster.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("held")
                        .withFinalizers("example.com/hold")
                        .endMetadata()
                        .build())
                .create();
        cluster.client.resource(held).delete();
        ConfigMap waiting = cluster.client.configMaps().withName("held").get();
        assertThat(waiting.getMetadata().getDeletionTimestamp()).isNotEmpty();

        failure(
                () -> cluster.client
                        .resource(new ConfigMapBuilder(waiting)
                                .editMetadata()
                                .addToFinalizers("example.com/more")
                                .endMetadata()
                                .build())
                        .update(),
                422,
                "Invalid",
                "no new finalizers can be added if the object is being deleted");

        waiting.getMetadata().getFinalizers().clear();
        cluster.client.resource(waiting).update();
        assertThat(cluster.client.configMaps().withName("held").get()).isNull();
    }

    @Test
    void aDeletionOfAnotherIncarnationIsAConflict() throws Exception {
        cluster.create(pod("reborn").build());

        HttpResponse<String> response = cluster.send(
                "DELETE",
                "/api/v1/namespaces/default/pods/reborn",
                "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{\"uid\":\"someone-else\"}}");

        assertThat(response.statusCode()).isEqualTo(409);
        assertThat(Json.text(Json.parse(response.body()), "reason")).isEqualTo("Conflict");
        assertThat(response.body()).contains("the UID in the precondition (someone-else) does not match");
        assertThat(cluster.client.pods().withName("reborn").get()).isNotNull();
    }

    @Test
    void aDeletionOfAnOldVersionIsAConflict() throws Exception {
        cluster.create(pod("moved-on").build());

        HttpResponse<String> response = cluster.send(
                "DELETE",
                "/api/v1/namespaces/default/pods/moved-on",
                "{\"preconditions\":{\"resourceVersion\":\"1\"}}");

        assertThat(response.statusCode()).isEqualTo(409);
    }

    @Test
    void aCollectionIsDeletedBySelector() {
        for (String name : new String[] {"keep", "drop-1", "drop-2"}) {
            cluster.client
                    .resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .addToLabels("drop", String.valueOf(name.startsWith("drop")))
                            .endMetadata()
                            .build())
                    .create();
        }

        cluster.client.configMaps().withLabel("drop", "true").delete();

        assertThat(cluster.client.configMaps().withLabel("drop").list().getItems())
                .extracting(item -> item.getMetadata().getName())
                .containsExactly("keep");
    }

    @Test
    void aNamespaceGoesWhenItsLastObjectIsGone() {
        cluster.client
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("leaving")
                        .endMetadata()
                        .build())
                .create();
        Pod pod = cluster.create(pod("last")
                .editMetadata()
                .withNamespace("leaving")
                .endMetadata()
                .build());
        cluster.bind(pod, "node-a", Map.of());

        cluster.client.namespaces().withName("leaving").delete();
        assertThat(cluster.client
                        .namespaces()
                        .withName("leaving")
                        .get()
                        .getStatus()
                        .getPhase())
                .isEqualTo("Terminating");
        failure(
                () -> cluster.create(pod("late")
                        .editMetadata()
                        .withNamespace("leaving")
                        .endMetadata()
                        .build()),
                403,
                "Forbidden",
                "because it is being terminated");

        cluster.client
                .pods()
                .inNamespace("leaving")
                .withName("last")
                .withGracePeriod(0)
                .delete();
        assertThat(cluster.client.namespaces().withName("leaving").get()).isNull();
    }

    private Pod bound(String name) {
        Pod pod = cluster.create(pod(name).build());
        cluster.bind(pod, "node-a", Map.of());
        return cluster.client.pods().withName(name).get();
    }
}
