package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.Kubectl;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upgrade that changes one element of a list leaves the other elements as they are. */
class EditedManifestsTest {

    private static final Path OVERLAY = Repository.ROOT.resolve("manifests/overlays/default");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Fields that may say something else without making an object invalid, with what is put around their text. */
    private static final Map<String, List<String>> EDITS = Map.of(
            "expression", List.of("(", ")"),
            "image", List.of("", "-next"),
            "value", List.of("", "-next"),
            "path", List.of("", "/next"),
            "message", List.of("", " still"));

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @Test
    void oneEditedElementOfEachListLeavesTheOthers() throws Exception {
        try (ApiServer api = ApiServer.start(ApiServerOptions.defaults())) {
            Kubectl kubectl = Kubectl.orSkip(api.kubeconfig(), directory);
            ObjectNode manifests =
                    JSON.createObjectNode().put("apiVersion", "v1").put("kind", "List");
            ArrayNode objects = manifests.putArray("items").addAll(Kustomization.render(OVERLAY));
            kubectl.run("apply", "-f", file(manifests));
            for (JsonNode object : objects) {
                edit(object);
            }

            String edited = file(manifests);
            kubectl.run("apply", "-f", edited);

            JsonNode stored = JSON.readTree(kubectl.run("get", "-o", "json", "-f", edited))
                    .path("items");
            for (int i = 0; i < objects.size(); i++) {
                assertHolds(Kustomization.id(objects.get(i)), stored.path(i), objects.get(i));
            }
        }
    }

    private String file(JsonNode manifests) throws Exception {
        return Files.writeString(directory.resolve("manifests.json"), JSON.writeValueAsString(manifests))
                .toString();
    }

    /** Edits an object and one element of each of its lists; false if there is nothing to edit. */
    private static boolean edit(JsonNode node) {
        boolean edited = false;
        if (node instanceof ArrayNode array) {
            for (JsonNode element : array) {
                if (edit(element)) {
                    return true;
                }
            }
        } else if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> field : List.copyOf(object.properties())) {
                List<String> around = EDITS.get(field.getKey());
                if (around != null && field.getValue().isTextual()) {
                    object.put(
                            field.getKey(), around.getFirst() + field.getValue().asText() + around.getLast());
                    edited = true;
                } else {
                    edited |= edit(field.getValue());
                }
            }
        }
        return edited;
    }

    /** Holds what was applied, and in lists nothing else; the server may have filled in fields. */
    private static void assertHolds(String where, JsonNode stored, JsonNode applied) {
        if (applied.isContainerNode()) {
            if (applied.isArray()) {
                assertThat(stored).as(where).hasSameSizeAs(applied);
                for (int i = 0; i < applied.size(); i++) {
                    assertHolds(where + "[" + i + "]", stored.path(i), applied.get(i));
                }
            } else {
                applied.properties()
                        .forEach(field -> assertHolds(
                                where + "." + field.getKey(), stored.path(field.getKey()), field.getValue()));
            }
        } else if (!where.endsWith("creationTimestamp")) {
            assertThat(stored.asText()).as(where).isEqualTo(applied.asText());
        }
    }
}
