package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeListBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every request has a defined answer: whole nodes and victims, and requests that lack something. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
@AddConfig(key = "server.max-payload-size", value = "" + ProtocolTest.MOST_BYTES)
class ProtocolTest {

    static final int MOST_BYTES = 1 << 20;

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final AppUnderTest APP = new AppUnderTest();
    private static final String GPU_POD = """
            {"metadata": {"name": "p", "namespace": "default", "uid": "u"}, "spec": {"containers": [
              {"name": "main", "resources": {"limits": {"nvidia.com/gpu": "1", "nvidia.com/gpumem": "8000"}}}]}}""";
    private static final String PLAIN_POD =
            "{\"metadata\": {\"name\": \"p\", \"namespace\": \"default\", \"uid\": \"u\"}, \"spec\": {}}";

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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/filter     | {'Pod': GPU, 'NodeNames': null}                 | /NodeNames | []",
                "/filter     | {'Pod': GPU, 'NodeNames': [null, 'node-a']}     | /NodeNames | ['node-a']",
                "/filter     | {'Pod': GPU, 'Nodes': {'items': [null, {}]}}    | /Nodes | {'apiVersion':'v1','kind':'NodeList'}",
                "/filter     | {'Pod': GPU, 'Nodes': {'items': null}}          | /Nodes | {'apiVersion':'v1','kind':'NodeList'}",
                "/filter     | {'Pod': PLAIN, 'NodeNames': ['node-x']}         | /NodeNames | ['node-x']",
                "/filter     | {'Pod': PLAIN, 'NodeNames': null}               | /Error     | ''",
                "/filter     | {'Pod': {'metadata': {}}, 'NodeNames': ['n']}   | /NodeNames | ['n']",
                "/prioritize | {'Pod': null, 'NodeNames': [null, 'node-a']}    | ``         | [{'Host':'node-a','Score':0}]",
                "/prioritize | {'Pod': GPU, 'Nodes': {'items': [null]}}        | ``         | []",
                "/prioritize | {}                                              | ``         | []",
                "/preempt    | {}                                              | /NodeNameToMetaVictims | {}",
                "/preempt    | {'Pod': GPU, 'NodeNameToMetaVictims': {'node-x': null}} | /NodeNameToMetaVictims | {}",
                "/preempt    | {'Pod': GPU, 'NodeNameToMetaVictims': {'node-a': null}} "
                        + "| /NodeNameToMetaVictims/node-a | {'Pods':[],'NumPDBViolations':0}",
                "/preempt    | {'Pod': GPU, 'NodeNameToMetaVictims': {'node-a': {'Pods': [null, {}, {'UID': 'v'}]}}} "
                        + "| /NodeNameToMetaVictims/node-a | {'Pods':[{'UID':'v'}],'NumPDBViolations':0}",
                "/preempt    | {'Pod': GPU, 'NodeNameToVictims': {'node-a': null}} "
                        + "| /NodeNameToMetaVictims/node-a | {'Pods':[],'NumPDBViolations':0}",
                "/preempt    | {'Pod': GPU, 'NodeNameToVictims': {'node-a': {'Pods': [null, {}]}}} "
                        + "| /NodeNameToMetaVictims/node-a | {'Pods':[],'NumPDBViolations':0}",
                "/preempt    | {'Pod': PLAIN, 'NodeNameToMetaVictims': {'node-x': {'Pods': null}}} "
                        + "| /NodeNameToMetaVictims/node-x | {'Pods':[],'NumPDBViolations':0}"
            })
    void whatIsLeftOutOrNullHasADefinedAnswer(String path, String body, String pointer, String expected)
            throws Exception {
        String whole = body.replace("GPU", GPU_POD).replace("PLAIN", PLAIN_POD).replace('\'', '"');
        assertThat(APP.post(path, JSON.readTree(whole)).at(pointer).toString()).isEqualTo(expected.replace('\'', '"'));
    }

    @Test
    void requestsThatCannotBeServedSayWhatTheyLack() throws Exception {
        for (String body : List.of("{}", "{\"Pod\": null}", "{\"Pod\": {}}")) {
            assertThat(APP.post("/filter", JSON.readTree(body)).get("Error").asText())
                    .contains("the request has no Pod with metadata");
        }
        for (String field : List.of("PodName", "PodNamespace", "PodUID", "Node")) {
            ObjectNode args = JSON.createObjectNode()
                    .put("PodName", "p")
                    .put("PodNamespace", "default")
                    .put("PodUID", "u")
                    .put("Node", "node-a");
            assertThat(APP.post("/bind", args.put(field, " ")).get("Error").asText())
                    .startsWith("bind needs PodName, PodNamespace, PodUID and Node");
            args.remove(field);
            assertThat(APP.post("/bind", args).get("Error").asText()).startsWith("bind needs PodName");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"filter", "prioritize", "bind", "preempt"})
    void requestsThatCannotBeReadAreRefusedAndCounted(String verb) throws Exception {
        double before = invalid(verb);
        assertThat(status(verb, HttpRequest.BodyPublishers.ofString("{\"Pod\": 7")))
                .isEqualTo(400);
        assertThat(status(verb, HttpRequest.BodyPublishers.ofString("null"))).isEqualTo(400);
        byte[] tooLarge = " ".repeat(MOST_BYTES + 1).getBytes(StandardCharsets.US_ASCII);
        assertThat(status(verb, HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(tooLarge))))
                .isEqualTo(413);
        assertThat(invalid(verb)).isEqualTo(before + 3);
    }

    @Test
    void requestsThatLackThePodAreCounted() throws Exception {
        for (String verb : List.of("filter", "bind", "preempt")) {
            double before = invalid(verb);
            APP.post("/" + verb, JSON.createObjectNode());
            assertThat(invalid(verb)).as(verb).isEqualTo(before + 1);
        }
    }

    private static double invalid(String verb) throws Exception {
        String series = "migpool_%s_seconds_count{result=\"invalid\",} ".formatted(verb);
        return APP.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
                .sum();
    }

    private static int status(String verb, HttpRequest.BodyPublisher body) throws Exception {
        return APP.send(APP.verbs("/" + verb).POST(body)).statusCode();
    }

    @Test
    void wholeNodesAreAnsweredAsWholeNodes() throws Exception {
        ObjectNode args = JSON.createObjectNode();
        args.set("Pod", JSON.readTree(GPU_POD));
        Node empty = KubernetesObjects.node("node-without-gpus");
        args.set(
                "Nodes",
                JSON.valueToTree(new NodeListBuilder()
                        .withItems(empty, KubernetesObjects.node("node-new", Boards.a10080("GPU-new", 0)))
                        .build()));

        JsonNode filtered = APP.post("/filter", args);

        assertThat(filtered.get("NodeNames").isNull()).isTrue();
        assertThat(filtered.at("/Nodes/items")).hasSize(1);
        assertThat(filtered.at("/Nodes/items/0/metadata/name").asText()).isEqualTo("node-new");
        assertThat(filtered.at("/Nodes/items/0/metadata/annotations")).isNotEmpty();
        assertThat(filtered.get("FailedAndUnresolvableNodes").properties())
                .extracting(Map.Entry::getKey)
                .containsExactly("node-without-gpus");
        assertThat(filtered.get("Error").asText()).isEmpty();
        assertThat(APP.post("/prioritize", args).findValuesAsText("Host"))
                .containsExactly("node-without-gpus", "node-new");
    }

    @Test
    void evictionIsKeptWhereItMakesRoomAndAnsweredByUid() throws Exception {
        APP.cluster().put(KubernetesObjects.node("node-e", Boards.a10080("GPU-e", 0)));
        Pod victim = APP.podAtServer("gpu", "1", "gpumem", "80000");
        await().until(() ->
                APP.post("/filter", APP.args(victim, "node-e")).get("NodeNames").size() == 1);
        assertThat(APP.bind(victim, "node-e")).isEmpty();
        Pod large = APP.podAtServer("gpu", "1", "gpumem", "80000");
        await().until(() -> !APP.post("/filter", APP.args(large, "node-e"))
                .get("FailedAndUnresolvableNodes")
                .isEmpty());

        JsonNode full = preempt(
                large,
                "NodeNameToVictims",
                Map.of(
                        "node-e", Map.of("Pods", List.of(victim), "NumPDBViolations", 2),
                        "node-x", Map.of("Pods", List.of(victim))));
        JsonNode byUid = preempt(
                large, "NodeNameToMetaVictims", Map.of("node-e", Map.of("Pods", List.of(Map.of("UID", "another")))));

        assertThat(full).hasSize(1);
        assertThat(full.at("/node-e/NumPDBViolations").asInt()).isEqualTo(2);
        assertThat(full.at("/node-e/Pods").findValuesAsText("UID"))
                .containsExactly(victim.getMetadata().getUid());
        assertThat(byUid).as("whose victim does not lie in the way").isEmpty();
        APP.cluster().delete(victim);
        APP.cluster().delete(large);
    }

    private static JsonNode preempt(Pod pod, String form, Map<String, Map<String, ?>> victims) throws Exception {
        ObjectNode args = JSON.createObjectNode();
        args.set("Pod", JSON.valueToTree(pod));
        args.set(form, JSON.valueToTree(victims));
        return APP.post("/preempt", args).get("NodeNameToMetaVictims");
    }
}
