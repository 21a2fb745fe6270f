package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.config.SettingsStatus;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.reservation.Hold;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The admin socket of the whole application, checked against its OpenAPI description. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
class AdminSocketTest {

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
    void explainSaysWhereAPodCouldGoAndWhyNotElsewhere() throws Exception {
        Pod pod = APP.podAtServer("gpu", "1", "gpumem", "8000");
        Pod pinned = KubernetesObjects.annotated(pod, "nvidia.com/vgpu-mode", "mig");
        APP.cluster().put(pinned);
        String path = "/explain?namespace=default&pod=" + pod.getMetadata().getName();
        await().untilAsserted(() -> {
            JsonNode explanation = described("/explain", APP.get(path), 200);
            assertThat(explanation.at("/nodes/0/node").asText()).isEqualTo("node-a");
            assertThat(explanation.at("/nodes/0/plan").asText()).startsWith("1g.10gb at ");
            assertThat(explanation.at("/nodes/1/reason").asText()).isEqualTo("GPU mode is hami-core, pod wants mig");
            assertThat(explanation.at("/nodes/1/gpus/0/gpu").asText()).isEqualTo("GPU-b");
        });
        described("/explain", APP.get("/explain?namespace=default&pod=nobody"), 404);
        described("/explain", APP.get("/explain"), 400);
        assertThat(APP.send(APP.verbs(path)).statusCode()).isEqualTo(404);
        APP.cluster().delete(pinned);
    }

    @Test
    void aPodThatDoesNotExistIsExplained() throws Exception {
        JsonNode explanation = explained(KubernetesObjects.pod("planned", "gpu", "1", "gpumem", "40000"));
        assertThat(explanation.at("/problem").asText()).isEmpty();
        assertThat(explanation.at("/nodes/0/node").asText()).isEqualTo("node-a");
        assertThat(explanation.at("/nodes/0/plan").asText()).startsWith("3g.40gb at ");
        assertThat(explained(KubernetesObjects.pod("plain")).at("/problem").asText())
                .isEqualTo("it asks for no GPU resource");
        Pod nowhere = KubernetesObjects.pod("planned", "gpu", "1");
        nowhere.getMetadata().setNamespace(null);
        assertThat(explained(nowhere).at("/namespace").asText()).isEqualTo("default");
        described("/explain", postToAdmin("/explain", "{\"metadata\":{},\"spec\":{\"containers\":[null]}}"), 200);
        described("/explain", postToAdmin("/explain", "{}"), 400);
        described("/explain", postToAdmin("/explain", "{"), 400);
    }

    @Test
    void onlySoManyBodiesAreReadAtOnceAndLivePodsNeedNone() throws Exception {
        String pod =
                JSON.valueToTree(KubernetesObjects.pod("planned", "gpu", "1")).toString();
        try (Socket first = unfinishedQuestion();
                Socket second = unfinishedQuestion()) {
            await().untilAsserted(() -> described("/explain", postToAdmin("/explain", pod), 503));
            described("/explain", APP.get("/explain?namespace=default&pod=nobody"), 404);
            for (Socket question : List.of(first, second)) {
                question.getOutputStream().write("        ".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(question.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 400");
            }
        }
        await().untilAsserted(() -> described("/explain", postToAdmin("/explain", pod), 200));
    }

    private Socket unfinishedQuestion() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port("admin"));
        socket.getOutputStream()
                .write("POST /explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void thePoolShowsHoldsAndWhatStillFits() throws Exception {
        Pod pod = APP.podAtServer("gpu", "1", "gpumem", "40000");
        APP.post("/filter", APP.args(pod, "node-a"));

        JsonNode pool = described("/pool", APP.get("/pool"), 200);

        assertThat(pool.at("/synced").asBoolean()).isTrue();
        JsonNode node = pool.at("/nodes/0");
        assertThat(node.at("/node").asText()).isEqualTo("node-a");
        assertThat(node.at("/gpus/0/mode").asText()).isEqualTo("mig");
        assertThat(node.at("/gpus/0/units").asText()).hasSize(8).contains("#");
        assertThat(node.at("/holds").toString())
                .contains("\"pod\":\"default/" + pod.getMetadata().getName() + "\",\"state\":\"HELD\"");
        assertThat(pool.at("/nodes/1/gpus/0/units").asText()).isEmpty();
        assertThat(pool.at("/fits/3g.40gb").asInt()).isLessThan(2);
        APP.cluster().delete(pod);
    }

    @Test
    void aCordonedNodeIsMarkedAndCountsLikeAnyOther() throws Exception {
        Node cordoned = new NodeBuilder(KubernetesObjects.node("node-c", Boards.a10080("GPU-c", 0)))
                .withNewSpec()
                .withUnschedulable(true)
                .endSpec()
                .build();
        APP.cluster().put(cordoned);
        await().untilAsserted(() -> assertThat(
                        described("/pool", APP.get("/pool"), 200).get("nodes"))
                .extracting(AdminSocketTest::nameAndCordon)
                .contains("node-a false", "node-c true"));
        JsonNode explanation = explained(KubernetesObjects.pod("planned", "gpu", "1", "gpumem", "40000"));
        assertThat(explanation.get("nodes"))
                .extracting(AdminSocketTest::nameAndCordon)
                .contains("node-a false", "node-c true");
        assertThat(explanation.get("nodes")).anySatisfy(node -> {
            assertThat(node.get("node").asText()).isEqualTo("node-c");
            assertThat(node.get("plan").asText()).isNotEmpty();
        });
        APP.cluster().put(KubernetesObjects.node("node-c", Boards.a10080("GPU-c", 0)));
        await().untilAsserted(
                        () -> assertThat(JSON.readTree(APP.get("/pool").body()).get("nodes"))
                                .extracting(AdminSocketTest::nameAndCordon)
                                .contains("node-c false"));
        APP.cluster().delete(cordoned);
        await().until(() -> !APP.get("/pool").body().contains("node-c"));
    }

    private static String nameAndCordon(JsonNode node) {
        return node.get("node").asText() + " " + node.get("cordoned").asBoolean();
    }

    @Test
    void theDescriptionOfTheAdminSocketIsServedThereAndIsComplete() throws Exception {
        assertThat(APP.get("/openapi").headers().firstValue("content-type")).hasValue("application/yaml");
        assertThat(APP.send(APP.verbs("/openapi")).statusCode()).isEqualTo(404);
        described("/config", APP.get("/config"), 200);
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
        ObjectNode pool = (ObjectNode) JSON.readTree(APP.get("/pool").body());
        assertThat(description().faults("/pool", "get", 200, pool.deepCopy().put("more", 1)))
                .isNotEmpty();
        pool.remove("pods");
        assertThat(description().faults("/pool", "get", 200, pool)).isNotEmpty();
    }

    @Test
    void aNamespaceSetsThePoliciesOfItsPods() throws Exception {
        Pod holder = APP.podAtServer("gpu", "1", "gpumem", "8000");
        APP.post("/filter", APP.args(holder, "node-a"));
        Pod planned = new PodBuilder(KubernetesObjects.pod("planned", "gpu", "1", "gpumem", "8000"))
                .editMetadata()
                .withNamespace("exclusive")
                .endMetadata()
                .build();
        APP.cluster()
                .put(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("exclusive")
                        .addToAnnotations("hami.io/gpu-scheduler-policy", "mutex")
                        .endMetadata()
                        .build());
        await().untilAsserted(() -> assertThat(explained(planned).get("nodes")).anySatisfy(node -> {
            assertThat(node.get("node").asText()).isEqualTo("node-a");
            assertThat(node.get("reason").asText()).isEqualTo("wants a GPU to itself, but others use this one");
        }));
        APP.cluster().delete(holder);
    }

    private JsonNode explained(Pod pod) throws Exception {
        return described(
                "/explain", postToAdmin("/explain", JSON.valueToTree(pod).toString()), 200);
    }

    private HttpResponse<String> postToAdmin(String path, String body) throws Exception {
        return APP.send(APP.admin(path).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private AdminDescription description() throws Exception {
        return AdminDescription.of(APP.get("/openapi").body());
    }

    private JsonNode described(String path, HttpResponse<String> response, int status) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode answer = JSON.readTree(response.body());
        description().assertDescribes(path, response.request().method().toLowerCase(Locale.ROOT), status, answer);
        return answer;
    }
}
