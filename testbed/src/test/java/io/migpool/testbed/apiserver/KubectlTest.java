package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What kubectl needs beyond the API itself: printed columns, validation by the server, a kubeconfig. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubectlTest {
    private static final Map<String, String> AS_TABLE =
            Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");

    private final ClusterFixture cluster = new ClusterFixture();

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void podsArePrintedWithReadinessStatusAndNode() throws Exception {
        Pod pod = cluster.create(pod("printed").build());
        cluster.bind(pod, "node-a", Map.of());
        cluster.client.pods().withName("printed").editStatus(old -> new PodBuilder(old)
                .editStatus()
                .withPhase("Running")
                .withPodIP("10.0.0.7")
                .addNewContainerStatus()
                .withName("main")
                .withReady(true)
                .withRestartCount(2)
                .endContainerStatus()
                .endStatus()
                .build());

        JsonNode table = table("/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dprinted");

        assertThat(Json.items(table, "columnDefinitions"))
                .extracting(column -> Json.text(column, "name"))
                .containsExactly(
                        "Name",
                        "Ready",
                        "Status",
                        "Restarts",
                        "Age",
                        "IP",
                        "Node",
                        "Nominated Node",
                        "Readiness Gates");
        List<String> cells = Json.texts(table.path("rows").get(0), "cells");
        assertThat(cells.subList(0, 4)).containsExactly("printed", "1/1", "Running", "2");
        assertThat(cells.subList(5, 7)).containsExactly("10.0.0.7", "node-a");
        assertThat(Json.text(table.path("rows").get(0), "object", "kind")).isEqualTo("PartialObjectMetadata");
    }

    @Test
    void aPodThatGoesSaysTerminating() throws Exception {
        Pod pod = cluster.create(pod("going").build());
        cluster.bind(pod, "node-a", Map.of());
        cluster.client.pods().withName("going").delete();

        assertThat(Json.texts(
                                table("/api/v1/namespaces/default/pods/going")
                                        .path("rows")
                                        .get(0),
                                "cells")
                        .get(2))
                .isEqualTo("Terminating");
    }

    @Test
    void nodesArePrintedWithTheirReadiness() throws Exception {
        cluster.client
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node-a")
                        .endMetadata()
                        .withNewStatus()
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .withNewNodeInfo()
                        .withKubeletVersion("v1.36.2")
                        .endNodeInfo()
                        .endStatus()
                        .build())
                .create();

        List<String> cells = Json.texts(table("/api/v1/nodes").path("rows").get(0), "cells");
        assertThat(cells.subList(0, 3)).containsExactly("node-a", "Ready", "<none>");
        assertThat(cells.get(4)).isEqualTo("v1.36.2");
    }

    @Test
    void aWatchedTableBringsItsRowsOneByOne() throws Exception {
        try (RawWatch watch = new RawWatch(cluster.server, "/api/v1/namespaces/kube-system/pods?watch=1", AS_TABLE)) {
            cluster.create(pod("row")
                    .editMetadata()
                    .withNamespace("kube-system")
                    .endMetadata()
                    .build());

            await().until(() -> !watch.events().isEmpty());
            JsonNode event = watch.events().getFirst();
            assertThat(Json.text(event, "object", "kind")).isEqualTo("Table");
            assertThat(Json.texts(event.path("object").path("rows").get(0), "cells")
                            .getFirst())
                    .isEqualTo("row");
        }
    }

    @Test
    void errorsStayStatuses() throws Exception {
        JsonNode status = table("/api/v1/namespaces/default/pods/ghost");

        assertThat(Json.text(status, "kind")).isEqualTo("Status");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "119, 119s",
        "120, 2m",
        "150, 2m30s",
        "600, 10m",
        "10799, 179m",
        "10800, 3h",
        "12600, 3h30m",
        "28800, 8h",
        "172799, 47h",
        "172800, 2d",
        "266400, 3d2h",
        "691200, 8d",
        "864000, 10d"
    })
    void agesAreShort(long seconds, String shown) {
        Instant now = Instant.parse("2026-01-31T00:00:00Z");

        assertThat(Column.age(now.minusSeconds(seconds).toString(), now)).isEqualTo(shown);
    }

    @Test
    void aFieldThatTheTypeLacksIsDroppedWithAWarningOrRefusedIfStrict() throws Exception {
        String body = "{\"metadata\":{\"name\":\"odd\"},\"spec\":{\"colour\":\"red\",\"containers\":[{\"name\":\"a\","
                + "\"image\":\"b\",\"gpus\":1,\"resources\":{\"limits\":{\"nvidia.com/gpu\":1}}}]}}";

        HttpResponse<String> strict =
                cluster.send("POST", "/api/v1/namespaces/default/pods?fieldValidation=Strict", body);
        assertThat(strict.statusCode()).isEqualTo(400);
        assertThat(Json.text(Json.parse(strict.body()), "message"))
                .isEqualTo("Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field"
                        + " \"spec.colour\", unknown field \"spec.containers[0].gpus\"");

        HttpResponse<String> lenient = cluster.send("POST", "/api/v1/namespaces/default/pods", body);
        assertThat(lenient.statusCode()).isEqualTo(201);
        assertThat(lenient.headers().allValues("Warning"))
                .containsExactly(
                        "299 - \"unknown field \\\"spec.colour\\\"\"",
                        "299 - \"unknown field \\\"spec.containers[0].gpus\\\"\"");
        assertThat(lenient.body()).doesNotContain("colour").contains("nvidia.com/gpu");
    }

    @Test
    void openApiSaysThatTheServerValidatesFields() throws Exception {
        JsonNode index = Json.parse(cluster.send("GET", "/openapi/v3", "").body());
        String core = Json.text(index, "paths", "api/v1", "serverRelativeURL");

        JsonNode document = Json.parse(cluster.send("GET", core, "").body());
        JsonNode patch = document.path("paths")
                .path("/api/v1/namespaces/{namespace}/pods/{name}")
                .path("patch");
        assertThat(Json.text(patch, "x-kubernetes-group-version-kind", "kind")).isEqualTo("Pod");
        assertThat(Json.text(patch.path("parameters").get(0), "name")).isEqualTo("fieldValidation");
    }

    @Test
    void protobufIsRefusedWithAHint() throws Exception {
        HttpResponse<String> response = cluster.send("POST", "/api/v1/namespaces", "k8s\0\n\u0001");

        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.body()).contains("protobuf bodies are not read");
    }

    @Test
    void theKubeconfigNamesTheServerAndTheAccount() {
        assertThat(cluster.server.kubeconfig()).contains("server: \"" + cluster.server.uri() + "\"");
        var config = Config.fromKubeconfig(cluster.server.kubeconfig("kube-system", "extender"));
        assertThat(config.getNamespace()).isEqualTo("kube-system");
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            client.pods().list();
        }
        assertThat(cluster.server.access().requests())
                .containsKey(new RequestRecord(
                        "system:serviceaccount:kube-system:extender", "list", "", "pods", "kube-system"));
    }

    private JsonNode table(String path) throws Exception {
        return Json.parse(cluster.send("GET", path, "", AS_TABLE).body());
    }
}
