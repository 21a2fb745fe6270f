package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.config.SettingsStatus;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.placement.ReasonCode;
import io.migpool.extender.reservation.Hold;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole application over HTTP, against an API server that is as small as it can be. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
class ExtenderAppTest {

    /** Half of what a delayed acknowledgement takes. */
    private static final long FAST_NANOS = 20_000_000;

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final FakeApiServer API = start();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @Inject
    private ServerCdiExtension server;

    private static FakeApiServer start() {
        try {
            FakeApiServer api = new FakeApiServer();
            api.put(Objects.node("node-a", Boards.a10080("GPU-a", 0)));
            api.put(Objects.node("node-b", Boards.shared("GPU-b", 0, 10, 81920)));
            return api;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AddConfigSource
    static ConfigSource kubeconfig() throws IOException {
        Path file = Files.createTempFile("kubeconfig", ".yaml");
        file.toFile().deleteOnExit();
        return io.helidon.config.mp.MpConfigSources.create(
                Map.of("migpool.kubernetes.kubeconfig", API.kubeconfig(file).toString()));
    }

    @AfterAll
    static void stop() {
        HTTP.close();
        API.close();
    }

    @BeforeEach
    void becomeReady() {
        await().until(() -> get("/health/ready").statusCode() == 200);
    }

    @Test
    void aPodIsFilteredScoredAndBoundWithItsReservationInOneWrite() throws Exception {
        Pod pod = podAtServer("gpu", "1", "gpumem", "8k");

        JsonNode filtered = post("/filter", args(pod, "node-a", "node-b", "node-x"));
        assertThat(filtered.get("NodeNames").toString()).isEqualTo("[\"node-a\",\"node-b\"]");
        assertThat(filtered.get("FailedAndUnresolvableNodes").get("node-x").asText())
                .isEqualTo("node is not known to the GPU pool");
        assertThat(filtered.get("Error").asText()).isEmpty();

        JsonNode scores = post("/prioritize", args(pod, "node-a", "node-b"));
        assertThat(scores.toString())
                .isEqualTo("[{\"Host\":\"node-a\",\"Score\":10},{\"Host\":\"node-b\",\"Score\":5}]");

        assertThat(bind(pod, "node-a")).isEmpty();
        JsonNode binding = API.bindings().getLast();
        assertThat(binding.at("/metadata/uid").asText())
                .isEqualTo(pod.getMetadata().getUid());
        Map<String, String> annotations = new TreeMap<>();
        binding.at("/metadata/annotations")
                .properties()
                .forEach(e -> annotations.put(e.getKey(), e.getValue().asText()));
        Reservation reservation = Reservation.fromAnnotations(annotations).orElseThrow();
        assertThat(reservation.node()).isEqualTo("node-a");
        assertThat(reservation.migAllocations()).hasSize(1);
        assertThat(annotations).containsEntry("hami.io/bind-phase", "allocating");

        assertThat(bind(pod, "node-a")).as("a repeated bind").isEmpty();
        API.delete(pod);
    }

    @Test
    void aRefusedPodIsToldWhyInTheAnswerAndInAnEvent() throws Exception {
        Pod pod = podAtServer("gpu", "1", "gpumem", "200000");
        JsonNode filtered = post("/filter", args(pod, "node-a", "node-b"));
        assertThat(filtered.get("NodeNames")).isEmpty();
        assertThat(filtered.get("FailedAndUnresolvableNodes").get("node-a").asText())
                .isEqualTo("asks for 200000 MiB, the largest GPU has 81920 MiB");
        await().untilAsserted(() -> assertThat(API.events()).anySatisfy(event -> {
            assertThat(event.at("/regarding/uid").asText())
                    .isEqualTo(pod.getMetadata().getUid());
            assertThat(event.at("/note").asText())
                    .isEqualTo("0/2 nodes take the pod: 2 asks for 200000 MiB, the largest GPU has 81920 MiB");
            assertThat(event.at("/eventTime").asText()).isNotEmpty();
        }));
        assertThat(get("/metrics").body())
                .containsPattern("migpool_refusals_total\\{code=\"TOO_LARGE\",\\} [1-9]")
                .contains("migpool_refusals_total{code=\"FRAGMENTED\",} 0.0");
        API.delete(pod);
    }

    @Test
    void aPodIsToldWhichOfItsAnnotationsAreNotHeeded() {
        Pod pod = Objects.pod("doubtful", "gpu", "1");
        pod = Objects.annotated(pod, "hami.io/gpu-scheduler-policy", "binpakc");
        Pod doubtful = Objects.annotated(pod, "migpool.io/spread-devices", "yes");
        API.put(doubtful);
        await().untilAsserted(() -> assertThat(API.events()).anySatisfy(event -> {
            assertThat(event.at("/regarding/uid").asText())
                    .isEqualTo(doubtful.getMetadata().getUid());
            assertThat(event.at("/reason").asText()).isEqualTo("AnnotationIgnored");
            assertThat(event.at("/note").asText())
                    .contains("'binpakc' is no known policy")
                    .contains("migpool.io/spread-devices: 'yes' is neither true nor false");
        }));
        API.delete(doubtful);
    }

    @Test
    void aNamespaceSetsThePoliciesOfItsPods() throws Exception {
        Pod holder = podAtServer("gpu", "1", "gpumem", "8000");
        post("/filter", args(holder, "node-a"));
        Pod planned = new PodBuilder(Objects.pod("planned", "gpu", "1", "gpumem", "8000"))
                .editMetadata()
                .withNamespace("exclusive")
                .endMetadata()
                .build();
        API.put(new NamespaceBuilder()
                .withNewMetadata()
                .withName("exclusive")
                .addToAnnotations("hami.io/gpu-scheduler-policy", "mutex")
                .endMetadata()
                .build());
        await().untilAsserted(() -> assertThat(explained(planned).get("nodes")).anySatisfy(node -> {
            assertThat(node.get("node").asText()).isEqualTo("node-a");
            assertThat(node.get("reason").asText()).isEqualTo("wants a GPU to itself, and others use this one");
        }));
        API.delete(holder);
    }

    @Test
    void aBindingThatFailsForAMomentIsRepeated() throws Exception {
        Pod pod = podAtServer("gpu", "1", "gpumem", "8000");
        post("/filter", args(pod, "node-a"));
        API.failNextBinding(503);
        API.failNextBinding(500);
        assertThat(bind(pod, "node-a")).isEmpty();
        API.delete(pod);
    }

    @Test
    void aDefiniteRefusalEndsTheHold() throws Exception {
        Pod pod = podAtServer("gpu", "1", "gpumem", "8000");
        post("/filter", args(pod, "node-a"));
        API.failNextBinding(403);
        assertThat(bind(pod, "node-a")).contains("answer 403 of the fake");
        JsonNode again = post("/filter", args(pod, "node-a"));
        assertThat(again.get("Error").asText()).isEmpty();
        API.delete(pod);
    }

    @Test
    void figuresCarryHamisNamesAndTheRuntimeIdentity() throws Exception {
        API.put(Objects.quota("gpus", "gpumem", "300000"));
        Pod pod = podAtServer("gpu", "1", "gpumem", "15000");
        post("/filter", args(pod, "node-a"));
        assertThat(bind(pod, "node-a")).isEmpty();
        Reservation plan = reservationOfLastBinding();
        MigAllocation realised = plan.migAllocations().getFirst().realised(new MigRuntime("MIG-1", 4, 0));
        API.put(Objects.bound(
                pod, new Reservation(plan.node(), plan.reservedAt(), plan.devices(), java.util.List.of(realised))));

        await().untilAsserted(() -> assertThat(get("/metrics").body())
                .contains("hami_node_gpu_mig_instance_info{compute_instance_id=\"0\",device_index=\"0\","
                        + "device_uuid=\"GPU-a\",gpu_instance_id=\"4\",mig_uuid=\"MIG-1\",node=\"node-a\","
                        + "placement_size=\"2\",placement_start=\"6\",profile=\"1g.20gb\",zone=\"vGPU\"} 1.0")
                .contains("nodeGPUMigInstance{deviceidx=\"0\",deviceuuid=\"GPU-a\",migname=\"1g.20gb-4\","
                        + "nodeid=\"node-a\",zone=\"vGPU\"} 1.0")
                .contains("hami_gpu_memory_allocated_bytes{device_cores=\"15\",device_index=\"0\","
                        + "device_type=\"NVIDIA A100-SXM4-80GB\",device_uuid=\"GPU-a\",node=\"node-a\",zone=\"vGPU\"}")
                .contains("hami_vgpu_memory_allocated_bytes{container_index=\"0\",device_uuid=\"GPU-a\","
                        + "namespace=\"default\",node=\"node-a\",pod=\""
                        + pod.getMetadata().getName()
                        + "\",zone=\"vGPU\"}")
                .contains("migpool_slices{node=\"node-a\",state=\"used\"}")
                .contains("migpool_cluster_fragmentation_ratio ")
                .contains("migpool_known_objects{kind=\"nodes\",}")
                .contains("migpool_sync_lag_seconds ")
                .contains("hami_build_info{")
                .contains("hami_resource_quota_limit{namespace=\"default\",quota_name=\"nvidia.com/gpumem\","
                        + "zone=\"vGPU\"} 300000.0")
                .containsPattern("hami_resource_quota_used\\{limit=\"300000\",namespace=\"default\","
                        + "quota_name=\"nvidia.com/gpumem\",zone=\"vGPU\"} [1-9]")
                .contains("migpool_filter_seconds_bucket")
                .contains("migpool_holds{state=\"held\",}"));

        API.delete(pod);
        await().untilAsserted(() -> assertThat(get("/metrics").body()).doesNotContain("MIG-1"));
    }

    @Test
    void aLargeAnswerDoesNotWaitForADelayedAcknowledgement() throws Exception {
        ObjectNode args = args(podAtServer("gpu", "1", "gpumem", "8000"));
        ArrayNode names = args.putArray("NodeNames");
        for (int i = 0; i < 400; i++) {
            names.add("node-with-quite-a-long-name-" + i);
        }
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 500 && fastest > FAST_NANOS; i++) {
            long start = System.nanoTime();
            assertThat(post("/filter", args).get("FailedAndUnresolvableNodes")).hasSize(400);
            fastest = Math.min(fastest, System.nanoTime() - start);
        }
        assertThat(fastest).as("nanoseconds").isLessThanOrEqualTo(FAST_NANOS);
    }

    @Test
    void aBodyOfManyMebibytesIsTaken() throws Exception {
        ObjectNode args = args(podAtServer("gpu", "1", "gpumem", "8000"), "node-a");
        args.put("Unknown", "x".repeat(16 << 20));
        assertThat(post("/filter", args).get("NodeNames")).hasSize(1);
    }

    @Test
    void aMalformedBodyIsRefusedWithTheReason() throws Exception {
        HttpResponse<String> response =
                send(request(server.port(), "/filter").POST(HttpRequest.BodyPublishers.ofString("{\"Pod\": 7")));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).get("Error").asText())
                .startsWith("the body is no ExtenderArgs of extender/v1: ");
    }

    @Test
    void explainTellsWhereAPodCouldGoAndWhyNotElsewhere() throws Exception {
        Pod pod = podAtServer("gpu", "1", "gpumem", "8000");
        Pod pinned = Objects.annotated(pod, "nvidia.com/vgpu-mode", "mig");
        API.put(pinned);
        String path = "/explain?namespace=default&pod=" + pod.getMetadata().getName();
        await().untilAsserted(() -> {
            JsonNode explanation = described("/explain", get(path), 200);
            assertThat(explanation.at("/nodes/0/node").asText()).isEqualTo("node-a");
            assertThat(explanation.at("/nodes/0/plan").asText()).startsWith("1g.10gb at ");
            assertThat(explanation.at("/nodes/1/reason").asText()).isEqualTo("GPU mode is hami-core, pod wants mig");
            assertThat(explanation.at("/nodes/1/gpus/0/gpu").asText()).isEqualTo("GPU-b");
        });
        described("/explain", get("/explain?namespace=default&pod=nobody"), 404);
        described("/explain", get("/explain"), 400);
        assertThat(send(request(server.port(), path)).statusCode()).isEqualTo(404);
        API.delete(pinned);
    }

    @Test
    void aPodThatDoesNotExistIsExplained() throws Exception {
        JsonNode explanation = explained(Objects.pod("planned", "gpu", "1", "gpumem", "40000"));
        assertThat(explanation.at("/problem").asText()).isEmpty();
        assertThat(explanation.at("/nodes/0/node").asText()).isEqualTo("node-a");
        assertThat(explanation.at("/nodes/0/plan").asText()).startsWith("3g.40gb at ");
        assertThat(explained(Objects.pod("plain")).at("/problem").asText()).isEqualTo("it asks for no GPU resource");
        described("/explain", postToAdmin("/explain", "{}"), 400);
        described("/explain", postToAdmin("/explain", "{"), 400);
    }

    private JsonNode explained(Pod pod) throws Exception {
        return described(
                "/explain", postToAdmin("/explain", JSON.valueToTree(pod).toString()), 200);
    }

    private HttpResponse<String> postToAdmin(String path, String body) throws Exception {
        return send(request(server.port("admin"), path).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    @Test
    void thePoolShowsHoldsAndWhatStillFits() throws Exception {
        Pod pod = podAtServer("gpu", "1", "gpumem", "40000");
        post("/filter", args(pod, "node-a"));

        JsonNode pool = described("/pool", get("/pool"), 200);

        assertThat(pool.at("/synced").asBoolean()).isTrue();
        JsonNode node = pool.at("/nodes/0");
        assertThat(node.at("/node").asText()).isEqualTo("node-a");
        assertThat(node.at("/gpus/0/mode").asText()).isEqualTo("mig");
        assertThat(node.at("/gpus/0/units").asText()).hasSize(8).contains("#");
        assertThat(node.at("/holds").toString())
                .contains("\"pod\":\"default/" + pod.getMetadata().getName() + "\",\"state\":\"HELD\"");
        assertThat(pool.at("/nodes/1/gpus/0/units").asText()).isEmpty();
        assertThat(pool.at("/fits/3g.40gb").asInt()).isLessThan(2);
        API.delete(pod);
    }

    @Test
    void theDescriptionOfTheAdminSocketIsServedThereAndIsComplete() throws Exception {
        assertThat(get("/openapi").headers().firstValue("content-type")).hasValue("application/yaml");
        assertThat(send(request(server.port(), "/openapi")).statusCode()).isEqualTo(404);
        described("/config", get("/config"), 200);
        AdminDescription description = description();
        assertThat(description.paths()).containsExactlyInAnyOrder("/pool", "/explain", "/config");
        assertThat(description.values("/ReasonCode"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(ReasonCode.values()).map(Enum::name).toList());
        assertThat(description.values("/PoolHold/properties/state"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Hold.State.values()).map(Enum::name).toList());
        assertThat(description.values("/PoolGpu/properties/mode"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(GpuMode.values()).map(GpuMode::wireName).toList());
        assertThat(description.values("/Document/properties/state"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(SettingsStatus.State.values()).map(Enum::name).toList());
    }

    @Test
    void anAnswerThatTheDescriptionDoesNotKnowIsNoticed() throws Exception {
        ObjectNode pool = (ObjectNode) JSON.readTree(get("/pool").body());
        assertThat(description().faults("/pool", "get", 200, pool.deepCopy().put("more", 1)))
                .isNotEmpty();
        pool.remove("pods");
        assertThat(description().faults("/pool", "get", 200, pool)).isNotEmpty();
    }

    private AdminDescription description() throws Exception {
        return AdminDescription.of(get("/openapi").body());
    }

    private JsonNode described(String path, HttpResponse<String> response, int status) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode answer = JSON.readTree(response.body());
        description().assertDescribes(path, response.request().method().toLowerCase(Locale.ROOT), status, answer);
        return answer;
    }

    @Test
    void verbsAnswerOnTheirOwnSocketOnly() throws Exception {
        assertThat(send(request(server.port("admin"), "/filter").POST(HttpRequest.BodyPublishers.ofString("{}")))
                        .statusCode())
                .isEqualTo(404);
        assertThat(send(request(server.port(), "/metrics")).statusCode()).isEqualTo(404);
        assertThat(get("/health/live").statusCode()).isEqualTo(200);
    }

    private static Pod podAtServer(String... limits) {
        Pod pod = Objects.pod("pod-" + UUID.randomUUID().toString().substring(0, 8), limits);
        API.put(pod);
        return pod;
    }

    private static ObjectNode args(Pod pod, String... names) {
        ObjectNode args = JSON.createObjectNode();
        args.set("Pod", JSON.valueToTree(pod));
        args.putNull("Nodes");
        args.set("NodeNames", JSON.valueToTree(names));
        return args;
    }

    private String bind(Pod pod, String node) throws Exception {
        return post(
                        "/bind",
                        JSON.createObjectNode()
                                .put("PodName", pod.getMetadata().getName())
                                .put("PodNamespace", pod.getMetadata().getNamespace())
                                .put("PodUID", pod.getMetadata().getUid())
                                .put("Node", node))
                .get("Error")
                .asText();
    }

    private static Reservation reservationOfLastBinding() throws Exception {
        Map<String, String> annotations = new TreeMap<>();
        API.bindings()
                .getLast()
                .at("/metadata/annotations")
                .properties()
                .forEach(e -> annotations.put(e.getKey(), e.getValue().asText()));
        return Reservation.fromAnnotations(annotations).orElseThrow();
    }

    private JsonNode post(String path, JsonNode body) throws Exception {
        HttpResponse<String> response =
                send(request(server.port(), path).POST(HttpRequest.BodyPublishers.ofString(body.toString())));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(request(server.port("admin"), path));
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
