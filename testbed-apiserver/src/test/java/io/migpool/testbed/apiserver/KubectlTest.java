package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.UnknownFieldSet;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.kubernetes.client.proto.IntStr.IntOrString;
import io.kubernetes.client.proto.Meta.ObjectMeta;
import io.kubernetes.client.proto.Meta.Time;
import io.kubernetes.client.proto.Resource.Quantity;
import io.kubernetes.client.proto.Runtime.TypeMeta;
import io.kubernetes.client.proto.Runtime.Unknown;
import io.kubernetes.client.proto.V1;
import io.migpool.testbed.apiserver.access.RequestRecord;
import io.migpool.testbed.apiserver.model.Json;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

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
    void restartsAreDatedAndSidecarsCount() throws Exception {
        String path = "/api/v1/namespaces/default/pods";
        cluster.send("POST", path, """
                {"metadata": {"name": "assisted"}, "spec": {
                  "initContainers": [{"name": "side", "image": "a", "restartPolicy": "Always"}],
                  "containers": [{"name": "main", "image": "b"}]}}
                """);
        cluster.send("PATCH", path + "/assisted/status", """
                {"status": {"phase": "Running",
                  "initContainerStatuses": [{"name": "side", "ready": true, "started": true, "restartCount": 2,
                    "image": "a", "imageID": "a",
                    "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2020-01-01T00:00:00Z"}}}],
                  "containerStatuses": [{"name": "main", "ready": false, "restartCount": 1, "image": "b", "imageID": "b",
                    "state": {"running": {}}}]}}
                """, Map.of("Content-Type", "application/merge-patch+json"));

        List<String> cells = Json.texts(table(path + "/assisted").path("rows").get(0), "cells");

        assertThat(cells.subList(0, 3)).containsExactly("assisted", "1/2", "Running");
        assertThat(cells.get(3)).matches("3 \\(\\d+d ago\\)");
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
    void aBodyInProtobufIsReadAsTheSameObjectInJson() throws Exception {
        Unknown envelope = Unknown.newBuilder()
                .setTypeMeta(TypeMeta.newBuilder().setApiVersion("v1").setKind("Pod"))
                .setRaw(V1.Pod.newBuilder()
                        .setMetadata(ObjectMeta.newBuilder()
                                .setName("proto")
                                .setGenerateName("")
                                .setCreationTimestamp(Time.newBuilder())
                                .putLabels("a", "b"))
                        .setSpec(V1.PodSpec.newBuilder()
                                .setNodeName("")
                                .setTerminationGracePeriodSeconds(7)
                                .addVolumes(V1.Volume.newBuilder()
                                        .setName("scratch")
                                        .setVolumeSource(V1.VolumeSource.newBuilder()
                                                .setEmptyDir(V1.EmptyDirVolumeSource.newBuilder())))
                                .addContainers(V1.Container.newBuilder()
                                        .setName("main")
                                        .setImage("ubuntu:22.04")
                                        .setReadinessProbe(V1.Probe.newBuilder()
                                                .setHandler(V1.ProbeHandler.newBuilder()
                                                        .setHttpGet(V1.HTTPGetAction.newBuilder()
                                                                .setPort(IntOrString.newBuilder()
                                                                        .setType(1)
                                                                        .setStrVal("http")))))
                                        .setResources(V1.ResourceRequirements.newBuilder()
                                                .putLimits(
                                                        "nvidia.com/gpu",
                                                        Quantity.newBuilder()
                                                                .setString("2")
                                                                .build()))))
                        .build()
                        .toByteString())
                .build();

        HttpResponse<String> response = post("/api/v1/namespaces/default/pods", envelope);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
        Pod pod = cluster.client.pods().withName("proto").get();
        assertThat(pod.getMetadata().getLabels()).containsExactly(Map.entry("a", "b"));
        assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(7);
        assertThat(pod.getSpec().getVolumes().getFirst().getEmptyDir()).isNotNull();
        var container = pod.getSpec().getContainers().getFirst();
        assertThat(container.getReadinessProbe().getHttpGet().getPort().getStrVal())
                .isEqualTo("http");
        assertThat(container.getResources().getLimits()).hasToString("{nvidia.com/gpu=2}");
    }

    @Test
    void whatCannotBeKeptOfAProtobufBodyIsRefusedWithAHint() throws Exception {
        Unknown.Builder envelope = Unknown.newBuilder()
                .setTypeMeta(TypeMeta.newBuilder().setApiVersion("v1").setKind("Pod"));
        UnknownFieldSet newer = UnknownFieldSet.newBuilder()
                .addField(4711, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .build();

        HttpResponse<String> field = post(
                "/api/v1/namespaces/default/pods",
                envelope.setRaw(V1.Pod.newBuilder()
                                .setSpec(V1.PodSpec.newBuilder().setUnknownFields(newer))
                                .build()
                                .toByteString())
                        .build());
        HttpResponse<String> type = post(
                "/api/v1/namespaces/default/pods",
                Unknown.newBuilder()
                        .setTypeMeta(TypeMeta.newBuilder().setApiVersion("v9").setKind("Pod"))
                        .build());

        assertThat(field.statusCode()).isEqualTo(415);
        assertThat(field.body()).contains("PodSpec with a field that is newer than its schema is not read as protobuf");
        assertThat(type.statusCode()).isEqualTo(415);
        assertThat(type.body()).contains("v9 Pod is not read as protobuf", "kubectl apply -f -");
    }

    @Test
    void metricsCountTheRequestsAsTheRealServersDo() throws Exception {
        cluster.client.pods().inNamespace("kube-public").list();

        assertThat(cluster.send("GET", "/metrics", "").body())
                .containsPattern(
                        "apiserver_request_total\\{group=\"\",resource=\"pods\",subresource=\"\",verb=\"LIST\"} \\d+");
    }

    @Test
    void aTokenOfAnAccountIsThatAccounts() {
        cluster.client
                .resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace("kube-system")
                        .withName("bearer")
                        .endMetadata()
                        .build())
                .create();

        String token = cluster.client
                .serviceAccounts()
                .inNamespace("kube-system")
                .withName("bearer")
                .tokenRequest()
                .getStatus()
                .getToken();

        assertThat(token).isEqualTo(cluster.server.token("kube-system", "bearer"));
    }

    private HttpResponse<String> post(String path, Unknown envelope) throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {'k', '8', 's', 0});
        envelope.writeTo(body);
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(cluster.server.uri().resolve(path))
                                .header("Content-Type", "application/vnd.kubernetes.protobuf")
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
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
                        "system:serviceaccount:kube-system:extender",
                        "fabric8-kubernetes-client",
                        "list",
                        "",
                        "pods",
                        "kube-system"));
    }

    private JsonNode table(String path) throws Exception {
        return Json.parse(cluster.send("GET", path, "", AS_TABLE).body());
    }
}
