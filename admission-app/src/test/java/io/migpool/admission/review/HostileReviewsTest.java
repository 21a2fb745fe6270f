package io.migpool.admission.review;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Reviews with anything at any place: whatever comes, there is an answer, and a patch that applies. */
class HostileReviewsTest {

    private static final int RUNS = 2_000;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final AdmissionReviewer reviewer = new AdmissionReviewer(() -> new ReviewPolicy(
            ResourceNames.DEFAULT,
            RequestDefaults.NONE,
            "hami-scheduler",
            true,
            true,
            "nvidia",
            "force",
            Pool.UNKNOWN));

    @Test
    void aReviewWithAnythingAnywhereGetsADefinedAnswer() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        JsonNode template = ReviewFixtures.JSON.readTree(ReviewFixtures.resource("gpu-memory-only.json"));
        for (int run = 0; run < RUNS; run++) {
            JsonNode review = template.deepCopy();
            for (int i = 0; i <= random.nextInt(3); i++) {
                spoil(review, random);
            }
            byte[] body = ReviewFixtures.JSON.writeValueAsBytes(review);
            try {
                ReviewAnswer answer = reviewer.review(body);

                assertThat(answer.httpStatus()).isIn(200, 400);
                if (ReviewFixtures.response(answer).has("patch")) {
                    ReviewFixtures.patched(review.at("/request/object"), answer);
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", run " + run + ": " + review, e);
            }
        }
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
