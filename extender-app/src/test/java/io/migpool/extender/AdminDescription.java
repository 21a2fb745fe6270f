package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/** The OpenAPI description of the admin socket, checked against real answers. Undescribed fields count as errors. */
record AdminDescription(JsonNode document) {

    /** Reads a description, such as the one that is served. */
    static AdminDescription of(String yaml) throws IOException {
        JsonNode document = new YAMLMapper().readTree(yaml);
        document.at("/components/schemas").forEach(AdminDescription::forbidOtherFields);
        return new AdminDescription(document);
    }

    private static void forbidOtherFields(JsonNode schema) {
        if (schema.has("properties")) {
            ((ObjectNode) schema).put("additionalProperties", false);
        }
    }

    /** Returns the paths that are described. */
    Set<String> paths() {
        Set<String> paths = new TreeSet<>();
        document.get("paths").fieldNames().forEachRemaining(paths::add);
        return paths;
    }

    /** Returns the values that a schema of enumerated strings lists. */
    Set<String> values(String schema) {
        Set<String> values = new TreeSet<>();
        document.at("/components/schemas" + schema + "/enum").forEach(value -> values.add(value.asText()));
        return values;
    }

    /** Fails unless the answer matches the description of that path, method and status. */
    void assertDescribes(String path, String method, int status, JsonNode answer) {
        assertThat(faults(path, method, status, answer))
                .as("%s %s %d: %s", method, path, status, answer)
                .isEmpty();
    }

    /** Returns where the answer contradicts the description. */
    Set<ValidationMessage> faults(String path, String method, int status, JsonNode answer) {
        JsonNode response = resolved(
                document.path("paths").path(path).path(method).path("responses").path("" + status));
        JsonNode content = response.at("/content/application~1json/schema");
        assertThat(content.isObject())
                .as("schema of %s %s %d", method, path, status)
                .isTrue();
        ObjectNode whole = ((ObjectNode) document).objectNode();
        whole.set("components", document.get("components"));
        whole.putArray("allOf").add(content);
        JsonSchema schema =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole);
        return schema.validate(answer);
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asText().substring(1)) : node;
    }
}
