package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.failure;
import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.testbed.apiserver.faults.Faults;
import io.migpool.testbed.apiserver.model.Json;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultsTest {
    private final ClusterFixture cluster = new ClusterFixture();
    private final Faults faults = cluster.server.faults();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource({"429, TooManyRequests", "500, InternalError", "503, ServiceUnavailable"})
    void theNextMatchingRequestsAreRefusedAndNoMore(int code, String reason) throws Exception {
        faults.inject(Faults.Match.of("list", "pods"), new Faults.Effect.Refuse(code), 2);

        assertThat(cluster.send("GET", "/api/v1/nodes", "").statusCode()).isEqualTo(200);
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> refused = cluster.send("GET", "/api/v1/pods", "");
            assertThat(refused.statusCode()).isEqualTo(code);
            assertThat(Json.text(Json.parse(refused.body()), "reason")).isEqualTo(reason);
        }
        assertThat(cluster.send("GET", "/api/v1/pods", "").statusCode()).isEqualTo(200);
    }

    @Test
    void aRefusalForNowSaysWhenToComeAgain() throws Exception {
        faults.inject(Faults.Match.of("*", "*"), new Faults.Effect.Refuse(429), 1);

        assertThat(cluster.send("GET", "/api/v1/pods", "").headers().firstValue("Retry-After"))
                .contains("1");
    }

    @Test
    void aDelayedRequestIsServedLater() throws Exception {
        faults.inject(Faults.Match.of("list", "pods"), new Faults.Effect.Delay(Duration.ofMillis(200)), 1);

        long start = System.nanoTime();
        assertThat(cluster.send("GET", "/api/v1/pods", "").statusCode()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }

    @Test
    void theNextPatchConflictsAsIfSomebodyWereFaster() {
        cluster.create(pod("contended").build());
        faults.inject(Faults.Match.of("patch", "pods"), new Faults.Effect.Conflict(), 1);

        failure(this::annotate, 409, "Conflict", "the object has been modified");
        assertThat(annotate().getMetadata().getAnnotations()).containsKey("a");
    }

    @Test
    void aBindingMayBeDoneAndItsAnswerLost() {
        Pod pod = cluster.create(pod("bound").build());
        faults.inject(
                Faults.Match.of("create", "pods/binding"), new Faults.Effect.LoseAnswer(Duration.ofMillis(10)), 1);

        failure(() -> cluster.bind(pod, "node-a", Map.of()), 504, "Timeout", "injected fault");
        assertThat(cluster.client.pods().withName("bound").get().getSpec().getNodeName())
                .isEqualTo("node-a");
    }

    @Test
    void aFaultMayHitOneAccountOnly() throws Exception {
        String victim = "system:serviceaccount:kube-system:extender";
        faults.injectWithProbability(new Faults.Match("*", "*", victim), new Faults.Effect.Refuse(503), 1.0);

        assertThat(cluster.send("GET", "/api/v1/pods", "").statusCode()).isEqualTo(200);
        assertThat(asExtender().statusCode()).isEqualTo(503);
        faults.clear();
        assertThat(asExtender().statusCode()).isEqualTo(200);
    }

    @Test
    void droppedWatchesEndAndNewOnesGoOn() throws Exception {
        try (RawWatch watch = new RawWatch(cluster.server, "/api/v1/pods?watch=1")) {
            faults.dropWatches();
            await().until(watch::ended);
        }
        try (RawWatch watch = new RawWatch(cluster.server, "/api/v1/pods?watch=1")) {
            cluster.create(pod("seen").build());
            await().untilAsserted(() -> assertThat(watch.names()).containsExactly("ADDED seen"));
        }
    }

    @Test
    void aStalledWatchGetsItsEventsLater() throws Exception {
        try (RawWatch watch = new RawWatch(cluster.server, "/api/v1/pods?watch=1")) {
            faults.stallWatches();
            cluster.create(pod("held-back").build());
            assertThat(cluster.client.pods().withName("held-back").get()).isNotNull();
            assertThat(watch.names()).isEmpty();

            faults.resumeWatches();

            await().untilAsserted(() -> assertThat(watch.names()).containsExactly("ADDED held-back"));
        }
    }

    @Test
    void aWatchThatStallsForTooLongMustListAgain() throws Exception {
        try (RawWatch watch = new RawWatch(cluster.server, "/api/v1/pods?watch=1")) {
            faults.stallWatches();
            cluster.create(pod("missed").build());
            faults.forgetHistory();
            faults.resumeWatches();

            await().untilAsserted(
                            () -> assertThat(watch.events()).singleElement().satisfies(event -> assertThat(
                                            Json.number(event, 0, "object", "code"))
                                    .isEqualTo(410)));
        }
    }

    @Test
    void afterTheHistoryIsForgottenAnOldVersionIsTooOld() throws Exception {
        String version = cluster.create(pod("one").build()).getMetadata().getResourceVersion();
        cluster.create(pod("two").build());
        faults.forgetHistory();

        try (RawWatch watch = new RawWatch(cluster.server, "/api/v1/pods?watch=1&resourceVersion=" + version)) {
            await().untilAsserted(
                            () -> assertThat(watch.events()).singleElement().satisfies(event -> assertThat(
                                            Json.number(event, 0, "object", "code"))
                                    .isEqualTo(410)));
        }
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> faults.inject(Faults.Match.of("*", "*"), new Faults.Effect.Conflict(), 0))
                .hasMessage("times is 0, expected at least 1");
        assertThatThrownBy(() ->
                        faults.injectWithProbability(Faults.Match.of("*", "*"), new Faults.Effect.Conflict(), 1.5))
                .hasMessage("probability is 1.5, expected more than 0 and at most 1");
    }

    private Pod annotate() {
        return cluster.client.pods().withName("contended").edit(old -> {
            old.getMetadata().setAnnotations(Map.of("a", "1"));
            return old;
        });
    }

    private HttpResponse<String> asExtender() throws Exception {
        return cluster.send(
                "GET",
                "/api/v1/pods",
                "",
                Map.of("Authorization", "Bearer " + cluster.server.token("kube-system", "extender")));
    }
}
