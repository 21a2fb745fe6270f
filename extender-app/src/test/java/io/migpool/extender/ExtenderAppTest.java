package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.Reservation;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The verbs and metrics of the whole application over HTTP. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
class ExtenderAppTest {

    /** Half the delay of a delayed acknowledgement. */
    private static final long FAST_NANOS = 20_000_000;

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final AppUnderTest APP = new AppUnderTest();

    @Inject
    private ServerCdiExtension server;

    @AddConfigSource
    static ConfigSource kubeconfig() throws IOException {
        return APP.kubeconfig();
    }

    @AfterAll
    static void stop() {
        APP.close();
    }

    @BeforeEach
    void becomeReady() {
        APP.awaitReady(server);
    }

    @Test
    void aBodyThatIsLargerThanTheSchedulersIsRefusedUnread() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream()
                    .write("POST /filter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 134217729\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void aPodIsFilteredScoredAndBoundWithItsReservationInOneWrite() throws Exception {
        Pod pod = APP.podAtServer("gpu", "1", "gpumem", "8k");

        JsonNode filtered = APP.post("/filter", APP.args(pod, "node-a", "node-b", "node-x"));
        assertThat(filtered.get("NodeNames").toString()).isEqualTo("[\"node-a\",\"node-b\"]");
        assertThat(filtered.get("FailedAndUnresolvableNodes").get("node-x").asText())
                .isEqualTo("node is not known to the GPU pool");
        assertThat(filtered.get("Error").asText()).isEmpty();

        JsonNode scores = APP.post("/prioritize", APP.args(pod, "node-a", "node-b"));
        assertThat(scores.toString())
                .isEqualTo("[{\"Host\":\"node-a\",\"Score\":10},{\"Host\":\"node-b\",\"Score\":5}]");

        assertThat(APP.bind(pod, "node-a")).isEmpty();
        Pod bound = APP.cluster().current(pod);
        assertThat(bound.getSpec().getNodeName()).isEqualTo("node-a");
        Map<String, String> annotations = bound.getMetadata().getAnnotations();
        Reservation reservation = Reservation.fromAnnotations(annotations).orElseThrow();
        assertThat(reservation.node()).isEqualTo("node-a");
        assertThat(reservation.migAllocations()).hasSize(1);
        assertThat(annotations).containsEntry("hami.io/bind-phase", "allocating");

        assertThat(APP.bind(pod, "node-a")).as("a repeated bind").isEmpty();
        await().untilAsserted(() -> assertThat(events(pod))
                .extracting(Event::getNote)
                .singleElement()
                .asString()
                .startsWith("bound to node-a: 1g.10gb at ")
                .endsWith("on GPU-a; nodes by fragmentation, GPUs by fragmentation, 2 nodes offered"));
        APP.cluster().delete(pod);
    }

    @Test
    void theAnswerAndAnEventSayWhyAPodIsRefused() throws Exception {
        Pod pod = APP.podAtServer("gpu", "1", "gpumem", "200000");
        JsonNode filtered = APP.post("/filter", APP.args(pod, "node-a", "node-b"));
        assertThat(filtered.get("NodeNames")).isEmpty();
        assertThat(filtered.get("FailedAndUnresolvableNodes").get("node-a").asText())
                .isEqualTo("asks for 200000 MiB, but the largest GPU has 81920 MiB");
        await().untilAsserted(() -> assertThat(events(pod)).singleElement().satisfies(event -> {
            assertThat(event.getNote())
                    .isEqualTo("0/2 nodes take the pod: 2 asks for 200000 MiB, but the largest GPU has 81920 MiB; "
                            + "ask for less, or for more, smaller devices");
            assertThat(event.getEventTime()).isNotNull();
        }));
        assertThat(APP.get("/metrics").body())
                .contains("migpool_queued_events ")
                .contains("migpool_dropped_events_total 0.0")
                .containsPattern("migpool_waiting_pods [1-9]")
                .containsPattern("migpool_remembered_plans [1-9]")
                .containsPattern("migpool_refusals_total\\{code=\"TOO_LARGE\",\\} [1-9]")
                .contains("migpool_refusals_total{code=\"FRAGMENTED\",} 0.0");
        APP.cluster().delete(pod);
    }

    @Test
    void anEventNamesThePodsIgnoredAnnotations() {
        Pod pod = KubernetesObjects.pod("doubtful", "gpu", "1");
        pod = KubernetesObjects.annotated(pod, "hami.io/gpu-scheduler-policy", "binpakc");
        Pod doubtful = APP.cluster().put(KubernetesObjects.annotated(pod, "migpool.io/spread-devices", "yes"));
        await().untilAsserted(() -> assertThat(events(doubtful)).singleElement().satisfies(event -> {
            assertThat(event.getReason()).isEqualTo("AnnotationIgnored");
            assertThat(event.getNote())
                    .contains("unknown policy 'binpakc' ignored")
                    .contains("migpool.io/spread-devices: 'yes' is neither true nor false");
        }));
        APP.cluster().delete(doubtful);
    }

    @Test
    void aBindingThatFailsForAMomentIsRepeated() throws Exception {
        Pod pod = APP.podAtServer("gpu", "1", "gpumem", "8000");
        APP.post("/filter", APP.args(pod, "node-a"));
        APP.cluster().failNextBinding(503);
        APP.cluster().failNextBinding(500);
        assertThat(APP.bind(pod, "node-a")).isEmpty();
        APP.cluster().delete(pod);
    }

    @Test
    void aDefiniteRefusalEndsTheHold() throws Exception {
        Pod pod = APP.podAtServer("gpu", "1", "gpumem", "8000");
        APP.post("/filter", APP.args(pod, "node-a"));
        APP.cluster().failNextBinding(403);
        assertThat(APP.bind(pod, "node-a")).contains("injected fault");
        JsonNode again = APP.post("/filter", APP.args(pod, "node-a"));
        assertThat(again.get("Error").asText()).isEmpty();
        APP.cluster().delete(pod);
    }

    @Test
    void figuresCarryHamisNamesAndTheRuntimeIdentity() throws Exception {
        APP.cluster().put(KubernetesObjects.quota("gpus", "gpumem", "300000"));
        Pod pod = APP.podAtServer("gpu", "1", "gpumem", "15000");
        APP.post("/filter", APP.args(pod, "node-a"));
        assertThat(APP.bind(pod, "node-a")).isEmpty();
        Reservation plan = APP.reservation(pod);
        MigAllocation realised = plan.migAllocations().getFirst().realised(new MigRuntime("MIG-1", 4, 0));
        APP.cluster()
                .put(KubernetesObjects.bound(
                        pod, new Reservation(plan.node(), plan.reservedAt(), plan.devices(), List.of(realised))));

        await().untilAsserted(() -> assertThat(APP.get("/metrics").body())
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

        APP.cluster().delete(pod);
        await().untilAsserted(() -> assertThat(APP.get("/metrics").body()).doesNotContain("MIG-1"));
    }

    private static List<Event> events(Pod pod) {
        return APP
                .cluster()
                .client()
                .events()
                .v1()
                .events()
                .inNamespace(pod.getMetadata().getNamespace())
                .list()
                .getItems()
                .stream()
                .filter(event ->
                        event.getRegarding().getUid().equals(pod.getMetadata().getUid()))
                .toList();
    }

    @Test
    void aLargeAnswerDoesNotWaitForADelayedAcknowledgement() throws Exception {
        ObjectNode args = APP.args(APP.podAtServer("gpu", "1", "gpumem", "8000"));
        ArrayNode names = args.putArray("NodeNames");
        for (int i = 0; i < 400; i++) {
            names.add("node-with-quite-a-long-name-" + i);
        }
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 500 && fastest > FAST_NANOS; i++) {
            long start = System.nanoTime();
            assertThat(APP.post("/filter", args).get("FailedAndUnresolvableNodes"))
                    .hasSize(400);
            fastest = Math.min(fastest, System.nanoTime() - start);
        }
        assertThat(fastest).as("nanoseconds").isLessThanOrEqualTo(FAST_NANOS);
    }

    @Test
    void aBodyOfManyMebibytesIsTaken() throws Exception {
        ObjectNode args = APP.args(APP.podAtServer("gpu", "1", "gpumem", "8000"), "node-a");
        args.put("Unknown", "x".repeat(16 << 20));
        assertThat(APP.post("/filter", args).get("NodeNames")).hasSize(1);
    }

    @Test
    void aMalformedBodyIsRefusedWithTheReason() throws Exception {
        HttpResponse<String> response =
                APP.send(APP.verbs("/filter").POST(HttpRequest.BodyPublishers.ofString("{\"Pod\": 7")));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).get("Error").asText())
                .startsWith("the body is not a valid ExtenderArgs of extender/v1: ");
    }

    @Test
    void verbsAnswerOnTheirOwnSocketOnly() throws Exception {
        assertThat(APP.send(APP.admin("/filter").POST(HttpRequest.BodyPublishers.ofString("{}")))
                        .statusCode())
                .isEqualTo(404);
        assertThat(APP.send(APP.verbs("/metrics")).statusCode()).isEqualTo(404);
        assertThat(APP.get("/health/live").statusCode()).isEqualTo(200);
    }
}
