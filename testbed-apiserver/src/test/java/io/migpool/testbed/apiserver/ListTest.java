package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.failure;
import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.migpool.testbed.apiserver.model.Json;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListTest {
    private final ClusterFixture cluster = new ClusterFixture();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void aListIsReadInPagesOfOneMoment() {
        for (int i = 0; i < 5; i++) {
            cluster.create(pod("p" + i).build());
        }
        PodList page = cluster.client
                .pods()
                .list(new ListOptionsBuilder().withLimit(2L).build());
        String version = page.getMetadata().getResourceVersion();
        assertThat(page.getMetadata().getRemainingItemCount()).isEqualTo(3);
        cluster.client.pods().withName("p4").delete();

        List<String> names = new ArrayList<>(names(page));
        while (page.getMetadata().getContinue() != null) {
            page = cluster.client
                    .pods()
                    .list(new ListOptionsBuilder()
                            .withLimit(2L)
                            .withContinue(page.getMetadata().getContinue())
                            .build());
            assertThat(page.getMetadata().getResourceVersion()).isEqualTo(version);
            names.addAll(names(page));
        }

        assertThat(names).containsExactly("p0", "p1", "p2", "p3", "p4");
    }

    @Test
    void aContinuationIsOfItsSelection() {
        labelled("a", Map.of("app", "web"));
        labelled("b", Map.of("app", "db"));
        labelled("c", Map.of("app", "web"));
        PodList page = cluster.client
                .pods()
                .list(new ListOptionsBuilder()
                        .withLimit(1L)
                        .withLabelSelector("app=web")
                        .build());

        PodList rest = cluster.client
                .pods()
                .list(new ListOptionsBuilder()
                        .withLabelSelector("app=web")
                        .withContinue(page.getMetadata().getContinue())
                        .build());

        assertThat(names(page)).containsExactly("a");
        assertThat(page.getMetadata().getRemainingItemCount()).isNull();
        assertThat(names(rest)).containsExactly("c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "e30", "!"})
    void aContinuationThatIsNoneIsABadRequest(String token) throws Exception {
        HttpResponse<String> response =
                cluster.send("GET", "/api/v1/pods?limit=1&continue=" + URLEncoder.encode(token, UTF_8), "");

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(Json.text(Json.parse(response.body()), "message")).contains("continue key is not valid");
    }

    @Test
    void ofManyListsTheLatestCanBeContinued() {
        cluster.create(pod("p0").build());
        cluster.create(pod("p1").build());
        String oldest = continuation();
        for (int i = 0; i < 64; i++) {
            labelled("other-" + i, Map.of());
            assertThat(continuation()).isNotEqualTo(oldest);
        }

        failure(
                () -> cluster.client
                        .pods()
                        .list(new ListOptionsBuilder().withContinue(oldest).build()),
                410,
                "Expired",
                "too old");
    }

    @Test
    void whatWasForgottenStaysForgotten() {
        cluster.create(pod("p0").build());
        cluster.create(pod("p1").build());
        String continuation = continuation();
        cluster.server.faults().forgetHistory();

        cluster.server.faults().forgetHistoryBefore(1);

        failure(
                () -> cluster.client
                        .pods()
                        .list(new ListOptionsBuilder()
                                .withContinue(continuation)
                                .build()),
                410,
                "Expired",
                "too old");
    }

    private String continuation() {
        return cluster.client
                .pods()
                .list(new ListOptionsBuilder().withLimit(1L).build())
                .getMetadata()
                .getContinue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "app=web | a,b",
                "app==web,tier!=back | a",
                "app in (web, db) | a,b,c",
                "app notin (web) | c,d",
                "tier | b,c",
                "!app | d",
                "app=web,tier=back | b",
                "app=none | ''"
            })
    void labelSelectorsChoose(String selector, String expected) {
        labelled("a", Map.of("app", "web"));
        labelled("b", Map.of("app", "web", "tier", "back"));
        labelled("c", Map.of("app", "db", "tier", "back"));
        labelled("d", Map.of());

        PodList list = cluster.client
                .pods()
                .list(new ListOptionsBuilder().withLabelSelector(selector).build());

        assertThat(String.join(",", names(list))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "metadata.name=free | free",
                "metadata.namespace=default | bound,free",
                "spec.nodeName=node-a | bound",
                "spec.nodeName!=node-a | free",
                "spec.nodeName= | free",
                "status.phase=Pending,spec.nodeName=node-a | bound",
                "status.phase!=Pending | ''",
                "spec.schedulerName=default-scheduler | bound,free"
            })
    void fieldSelectorsChoosePods(String selector, String expected) {
        Pod bound = cluster.create(pod("bound").build());
        cluster.bind(bound, "node-a", Map.of());
        cluster.create(pod("free").build());

        PodList list = cluster.client
                .pods()
                .list(new ListOptionsBuilder().withFieldSelector(selector).build());

        assertThat(String.join(",", names(list))).isEqualTo(expected);
    }

    @Test
    void aFieldThatCannotBeSelectedIsRefused() throws Exception {
        HttpResponse<String> response = cluster.send("GET", "/api/v1/pods?fieldSelector=spec.color%3Dred", "");

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("field label not supported: spec.color");
    }

    @Test
    void anEventIsOneObjectInTwoSpellings() {
        cluster.client
                .resource(new EventBuilder()
                        .withNewMetadata()
                        .withName("e1")
                        .withNamespace("default")
                        .endMetadata()
                        .withRegarding(new ObjectReferenceBuilder()
                                .withKind("Pod")
                                .withName("web")
                                .withNamespace("default")
                                .build())
                        .withEventTime(new MicroTime("2026-01-01T00:00:00.000000Z"))
                        .withReason("NoSlice")
                        .withAction("Binding")
                        .withNote("0/3 nodes have a free slice")
                        .withType("Warning")
                        .withReportingController("migpool.io/extender")
                        .withReportingInstance("extender-0")
                        .build())
                .create();

        var core = cluster.client
                .v1()
                .events()
                .withField("involvedObject.name", "web")
                .list()
                .getItems();
        assertThat(core).hasSize(1);
        assertThat(core.getFirst().getMessage()).isEqualTo("0/3 nodes have a free slice");
        assertThat(core.getFirst().getReportingComponent()).isEqualTo("migpool.io/extender");
        var events = cluster.client
                .events()
                .v1()
                .events()
                .withField("regarding.name", "web")
                .list()
                .getItems();
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().getNote()).isEqualTo("0/3 nodes have a free slice");
        assertThat(events.getFirst().getApiVersion()).isEqualTo("events.k8s.io/v1");
        assertThat(cluster.client
                        .v1()
                        .events()
                        .withField("involvedObject.name", "other")
                        .list()
                        .getItems())
                .isEmpty();
    }

    @Test
    void discoveryNamesEveryResource() throws Exception {
        JsonNode core = Json.parse(cluster.send("GET", "/api/v1", "").body());
        assertThat(Json.items(core, "resources"))
                .extracting(resource -> Json.text(resource, "name"))
                .contains("pods", "pods/status", "pods/binding", "pods/eviction", "bindings", "nodes/status", "events");
        JsonNode groups = Json.parse(cluster.send("GET", "/apis", "").body());
        assertThat(Json.items(groups, "groups"))
                .extracting(group -> Json.text(group, "name"))
                .contains(
                        "apps",
                        "batch",
                        "coordination.k8s.io",
                        "events.k8s.io",
                        "admissionregistration.k8s.io",
                        "rbac.authorization.k8s.io",
                        "policy",
                        "scheduling.k8s.io",
                        "node.k8s.io");
        assertThat(cluster.client.getKubernetesVersion().getMinor()).isEqualTo("36");
        for (String path : List.of("/healthz", "/readyz", "/livez")) {
            assertThat(cluster.send("GET", path, "").body()).isEqualTo("ok");
        }
    }

    @Test
    void aLongAnswerDoesNotWaitForAnAcknowledgement() throws Exception {
        for (int i = 0; i < 40; i++) {
            cluster.create(pod("p" + i).build());
        }
        cluster.send("GET", "/api/v1/pods", "");
        Duration fastest = Duration.ofDays(1);
        for (int i = 0; i < 20; i++) {
            long start = System.nanoTime();
            assertThat(cluster.send("GET", "/api/v1/pods", "").body()).hasSizeGreaterThan(8_192);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            fastest = took.compareTo(fastest) < 0 ? took : fastest;
        }

        // Without TCP_NODELAY every one of them takes the 40 ms of a delayed acknowledgement.
        assertThat(fastest).isLessThan(Duration.ofMillis(30));
    }

    private void labelled(String name, Map<String, String> labels) {
        cluster.create(pod(name).editMetadata().withLabels(labels).endMetadata().build());
    }

    private static List<String> names(PodList list) {
        return list.getItems().stream().map(pod -> pod.getMetadata().getName()).toList();
    }
}
