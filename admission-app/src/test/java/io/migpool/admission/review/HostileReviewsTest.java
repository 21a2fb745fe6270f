package io.migpool.admission.review;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.QuotaLimits;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Reviews with arbitrary content in arbitrary places: there is always an answer, and any patch applies. */
class HostileReviewsTest {

    private static final int RUNS = 2_000;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final AdmissionReviewer reviewer = new AdmissionReviewer(() -> Optional.of(new ReviewPolicy(
            ResourceNames.DEFAULT,
            RequestDefaults.NONE,
            "hami-scheduler",
            true,
            true,
            "nvidia",
            CorePolicy.FORCE,
            new Pool(
                    Set.of(Map.of(Pools.A100, 2, Pools.SHARED, 1)),
                    Set.of(),
                    Map.of("default", Map.of("gpus", new QuotaLimits(OptionalLong.of(4_000), OptionalLong.of(100)))),
                    Pool.LARGEST_BOARD_MIB))));

    @Test
    void aReviewWithAnythingAnywhereGetsADefinedAnswer() throws Exception {
        spoilAndReview(ReviewFixtures.JSON.readTree(ReviewFixtures.resource("gpu-memory-only.json")));
    }

    @Test
    void aTemplateWithAnythingAnywhereIsNeverRefusedOrChanged() throws Exception {
        ObjectNode review = (ObjectNode) ReviewFixtures.JSON.readTree(ReviewFixtures.resource("gpu-memory-only.json"));
        ObjectNode request = (ObjectNode) review.get("request");
        JsonNode pod = request.get("object");
        request.set("kind", ReviewFixtures.json("{'group': 'apps', 'version': 'v1', 'kind': 'Deployment'}"));
        request.putObject("object").putObject("spec").set("template", pod);

        spoilAndReview(review);
    }

    private void spoilAndReview(JsonNode template) throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int run = 0; run < RUNS; run++) {
            JsonNode review = template.deepCopy();
            for (int i = 0; i <= random.nextInt(3); i++) {
                spoil(review, random);
            }
            byte[] body = ReviewFixtures.JSON.writeValueAsBytes(review);
            try {
                assertDefined(review, reviewer.review(body));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", run " + run + ": " + review, e);
            }
        }
    }

    private static void assertDefined(JsonNode review, ReviewAnswer answer) throws Exception {
        assertThat(answer.httpStatus()).isIn(200, 400);
        JsonNode response = ReviewFixtures.response(answer);
        assertThat(response.path("warnings"))
                .allSatisfy(warning -> assertThat(warning.asText()).hasSizeBetween(1, Warnings.LONGEST));
        if (response.has("patch")) {
            ReviewFixtures.patched(review.at("/request/object"), answer);
        }
        boolean pod = "Pod".equals(review.at("/request/kind/kind").asText(""));
        if (answer.httpStatus() == 200 && !response.path("allowed").asBoolean()) {
            assertThat(pod).as("only pods are refused").isTrue();
            assertThat(response.at("/status/code").asInt()).isBetween(400, 499);
            assertThat(response.at("/status/reason").asText()).isNotBlank();
            assertThat(response.at("/status/message").asText()).isNotBlank();
        }
        assertThat(response.has("patch") && !pod).as("only pods are changed").isFalse();
    }

    @Test
    void aSentenceThatQuotesEndlesslyIsCutOff() {
        List<String> warnings = Warnings.of("container %s: no room".formatted("a".repeat(3_000_000)));

        assertThat(warnings).hasSizeLessThan(30).last().asString().endsWith("…");
        assertThat(warnings).allSatisfy(warning -> assertThat(warning).hasSizeLessThanOrEqualTo(Warnings.LONGEST));
    }

    @Test
    void textWithAnyByteAnywhereGetsADefinedAnswer() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] template = ReviewFixtures.resource("gpu-memory-only.json");
        for (int run = 0; run < RUNS; run++) {
            byte[] body = template.clone();
            body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            try {
                assertThat(reviewer.review(body).httpStatus()).isIn(200, 400);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", run " + run, e);
            }
        }
    }

    private static void spoil(JsonNode review, Random random) {
        List<JsonNode> places = new ArrayList<>();
        collect(review, places);
        JsonNode anything = anything(random);
        switch (places.get(random.nextInt(places.size()))) {
            case ObjectNode object
            when !object.isEmpty() -> {
                List<String> names = new ArrayList<>();
                object.fieldNames().forEachRemaining(names::add);
                object.set(names.get(random.nextInt(names.size())), anything);
            }
            case ArrayNode array when !array.isEmpty() -> array.set(random.nextInt(array.size()), anything);
            case ArrayNode array -> array.add(anything);
            case ObjectNode object -> object.set("nodeName", anything);
            default -> throw new IllegalStateException("only objects and lists are collected");
        }
    }

    private static void collect(JsonNode node, List<JsonNode> places) {
        if (node.isContainerNode()) {
            places.add(node);
            node.forEach(child -> collect(child, places));
        }
    }

    private static JsonNode anything(Random random) {
        List<JsonNode> things = List.of(
                JSON.nullNode(),
                JSON.booleanNode(true),
                JSON.numberNode(-1),
                JSON.numberNode(Long.MAX_VALUE),
                JSON.numberNode(new BigDecimal("1e400")),
                JSON.textNode(""),
                JSON.textNode("-1"),
                JSON.textNode("1e99999999"),
                JSON.textNode("5k3"),
                JSON.textNode("\u0000/~\uD83D\uDE00"),
                JSON.arrayNode(),
                JSON.arrayNode().addNull().add(7),
                JSON.objectNode(),
                JSON.objectNode().putNull("name").put("env", "x"));
        return things.get(random.nextInt(things.size()));
    }
}
