package io.migpool.testbed.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import java.util.List;
import java.util.Optional;

/**
 * As much OpenAPI v3 as kubectl needs to leave validation to the server: the paths, and that writes support
 * {@code fieldValidation}. There are no schemas, so {@code kubectl explain} does not work.
 */
final class OpenApi {
    private OpenApi() {}

    /** Serves a path; empty if it does not belong to OpenAPI. */
    static Optional<Reply> serve(List<String> segments) {
        if (segments.equals(List.of("openapi", "v2"))) {
            // kubectl up to 1.28 requests this as protobuf, and like later versions patches without schemas: empty
            // bytes are a document without definitions.
            return Optional.of(new Reply.Text(""));
        }
        if (segments.size() < 2
                || !segments.get(0).equals("openapi")
                || !segments.get(1).equals("v3")) {
            return Optional.empty();
        }
        if (segments.size() == 2) {
            return Optional.of(Reply.ok(index()));
        }
        String root = String.join("/", segments.subList(2, segments.size()));
        List<ResourceKind> kinds = ResourceKinds.all().stream()
                .filter(kind -> root(kind).equals(root))
                .toList();
        return kinds.isEmpty() ? Optional.empty() : Optional.of(Reply.ok(document(kinds)));
    }

    private static ObjectNode index() {
        ObjectNode index = Json.object();
        ObjectNode paths = index.putObject("paths");
        ResourceKinds.all().stream().map(OpenApi::root).distinct().forEach(root -> paths.putObject(root)
                .put("serverRelativeURL", "/openapi/v3/" + root));
        return index;
    }

    private static String root(ResourceKind kind) {
        return kind.group().isEmpty() ? "api/" + kind.version() : "apis/" + kind.apiVersion();
    }

    private static ObjectNode document(List<ResourceKind> kinds) {
        ObjectNode document = Json.object().put("openapi", "3.0.0");
        document.putObject("info").put("title", "MigPool testbed").put("version", "v1.36.2");
        ObjectNode paths = document.putObject("paths");
        for (ResourceKind kind : kinds) {
            String collection =
                    "/" + root(kind) + (kind.namespaced() ? "/namespaces/{namespace}/" : "/") + kind.plural();
            write(paths.putObject(collection).putObject("post"), kind);
            ObjectNode object = paths.putObject(collection + "/{name}");
            write(object.putObject("patch"), kind);
            write(object.putObject("put"), kind);
        }
        document.putObject("components").putObject("schemas");
        return document;
    }

    private static void write(ObjectNode operation, ResourceKind kind) {
        ObjectNode parameter = operation.putArray("parameters").addObject();
        parameter.put("name", "fieldValidation").put("in", "query");
        parameter.putObject("schema").put("type", "string");
        operation.putObject("responses");
        operation
                .putObject("x-kubernetes-group-version-kind")
                .put("group", kind.group())
                .put("version", kind.version())
                .put("kind", kind.kind());
    }
}
