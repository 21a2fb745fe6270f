package io.migpool.testbed.apiserver.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import java.util.List;
import java.util.Optional;

/**
 * The discovery endpoints: groups, versions and resources, and the version of Kubernetes that the server claims to be.
 */
final class Discovery {
    private static final List<String> OBJECT_VERBS =
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");

    private Discovery() {}

    /** Serves a path; empty if it does not belong to discovery. */
    static Optional<Reply> serve(List<String> segments) {
        return switch (segments.isEmpty() ? "" : segments.getFirst()) {
            case "" -> Optional.of(Reply.ok(paths()));
            case "version" -> only(segments, 1, version());
            case "healthz", "readyz", "livez" -> Optional.of(new Reply.Text("ok"));
            case "api" -> segments.size() == 1 ? Optional.of(Reply.ok(coreVersions())) : resources("", segments, 1);
            case "apis" -> apis(segments);
            default -> Optional.empty();
        };
    }

    private static Optional<Reply> apis(List<String> segments) {
        return switch (segments.size()) {
            case 1 -> {
                ObjectNode list = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
                ArrayNode groups = list.putArray("groups");
                groups().forEach(name -> groups.add(group(name)));
                yield Optional.of(Reply.ok(list));
            }
            case 2 -> {
                String name = segments.get(1);
                yield groups().contains(name)
                        ? Optional.of(
                                Reply.ok(group(name).put("kind", "APIGroup").put("apiVersion", "v1")))
                        : Optional.empty();
            }
            case 3 -> resources(segments.get(1), segments, 2);
            default -> Optional.empty();
        };
    }

    static List<String> groups() {
        return ResourceKinds.all().stream()
                .map(ResourceKind::group)
                .filter(group -> !group.isEmpty())
                .distinct()
                .toList();
    }

    private static Optional<Reply> only(List<String> segments, int size, ObjectNode body) {
        return segments.size() == size ? Optional.of(Reply.ok(body)) : Optional.empty();
    }

    private static Optional<Reply> resources(String group, List<String> segments, int versionIndex) {
        if (segments.size() != versionIndex + 1) {
            return Optional.empty();
        }
        String version = segments.get(versionIndex);
        List<ResourceKind> kinds = ResourceKinds.all().stream()
                .filter(kind -> kind.group().equals(group) && kind.version().equals(version))
                .toList();
        if (kinds.isEmpty()) {
            return Optional.empty();
        }
        ObjectNode list = Json.object()
                .put("kind", "APIResourceList")
                .put("apiVersion", "v1")
                .put("groupVersion", kinds.getFirst().apiVersion());
        ArrayNode resources = list.putArray("resources");
        for (ResourceKind kind : kinds) {
            ObjectNode resource = resource(resources, kind, kind.plural(), kind.kind(), OBJECT_VERBS);
            if (!kind.shortNames().isEmpty()) {
                kind.shortNames().forEach(resource.putArray("shortNames")::add);
            }
            if (kind.is(ResourceKind.Trait.ALL)) {
                resource.putArray("categories").add("all");
            }
            if (kind.is(ResourceKind.Trait.STATUS)) {
                resource(resources, kind, kind.plural() + "/status", kind.kind(), List.of("get", "patch", "update"));
            }
            if (kind.isCore("serviceaccounts")) {
                resource(resources, kind, "serviceaccounts/token", "TokenRequest", List.of("create"))
                        .put("group", "authentication.k8s.io")
                        .put("version", "v1");
            }
            if (kind.isPod()) {
                resource(resources, kind, "pods/binding", "Binding", List.of("create"));
                resource(resources, kind, "pods/eviction", "Eviction", List.of("create"))
                        .put("group", "policy")
                        .put("version", "v1");
                resource(resources, kind, "bindings", "Binding", List.of("create"))
                        .put("singularName", "binding");
            }
        }
        return Optional.of(Reply.ok(list));
    }

    private static ObjectNode resource(
            ArrayNode resources, ResourceKind kind, String name, String objectKind, List<String> verbs) {
        ObjectNode resource = resources.addObject().put("name", name);
        resource.put("singularName", name.equals(kind.plural()) ? kind.singular() : "");
        resource.put("namespaced", kind.namespaced()).put("kind", objectKind);
        verbs.forEach(resource.putArray("verbs")::add);
        return resource;
    }

    private static ObjectNode group(String name) {
        ObjectNode group = Json.object().put("name", name);
        ArrayNode versions = group.putArray("versions");
        ResourceKinds.all().stream()
                .filter(kind -> kind.group().equals(name))
                .map(ResourceKind::version)
                .distinct()
                .forEach(version -> versions.addObject()
                        .put("groupVersion", name + "/" + version)
                        .put("version", version));
        group.set("preferredVersion", versions.get(0));
        return group;
    }

    private static ObjectNode coreVersions() {
        ObjectNode versions = Json.object().put("kind", "APIVersions");
        versions.putArray("versions").add("v1");
        // Empty, so that every client keeps the address that it has.
        versions.putArray("serverAddressByClientCIDRs");
        return versions;
    }

    private static ObjectNode paths() {
        ObjectNode paths = Json.object();
        ArrayNode list = paths.putArray("paths").add("/api").add("/api/v1").add("/apis");
        groups().forEach(group -> list.add("/apis/" + group));
        List.of("/healthz", "/livez", "/metrics", "/readyz", "/version").forEach(list::add);
        return paths;
    }

    private static ObjectNode version() {
        return Json.object()
                .put("major", "1")
                .put("minor", "36")
                .put("gitVersion", "v1.36.2+testbed")
                .put("gitCommit", "0000000000000000000000000000000000000000")
                .put("gitTreeState", "clean")
                .put("buildDate", "2026-01-01T00:00:00Z")
                .put("goVersion", "go1.25")
                .put("compiler", "javac")
                .put("platform", "linux/amd64");
    }
}
