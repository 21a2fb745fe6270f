package io.migpool.testbed.apiserver.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.request.Caller;
import io.migpool.testbed.apiserver.request.ResourceTarget;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.util.List;
import java.util.Optional;

/** Reads the stored roles and bindings as the RBAC authorizer does. */
final class RbacRules {
    private static final String GROUP = "rbac.authorization.k8s.io";

    private final ObjectStore store;

    RbacRules(ObjectStore store) {
        this.store = store;
    }

    boolean allow(Caller caller, ResourceTarget target, String verb) {
        boolean clusterWide = store.list(kind("clusterrolebindings"), "").items().stream()
                .anyMatch(binding -> allows(binding, "", caller, target, verb));
        return clusterWide
                || (!target.namespace().isEmpty()
                        && store.list(kind("rolebindings"), target.namespace()).items().stream()
                                .anyMatch(binding -> allows(binding, target.namespace(), caller, target, verb)));
    }

    private boolean allows(ObjectNode binding, String namespace, Caller caller, ResourceTarget target, String verb) {
        return Json.items(binding, "subjects").stream().anyMatch(subject -> names(subject, namespace, caller))
                && role(binding, namespace).stream()
                        .flatMap(role -> Json.items(role, "rules").stream())
                        .anyMatch(rule -> covers(rule, target, verb));
    }

    private Optional<ObjectNode> role(ObjectNode binding, String namespace) {
        String name = Json.text(binding, "roleRef", "name");
        boolean cluster = Json.text(binding, "roleRef", "kind").equals("ClusterRole");
        return store.get(
                cluster
                        ? new ObjectKey(kind("clusterroles"), "", name)
                        : new ObjectKey(kind("roles"), namespace, name));
    }

    private static boolean names(JsonNode subject, String namespace, Caller caller) {
        String name = Json.text(subject, "name");
        String subjectNamespace = Json.text(subject, "namespace");
        return switch (Json.text(subject, "kind")) {
            case "ServiceAccount" ->
                caller.user()
                        .equals("system:serviceaccount:" + (subjectNamespace.isEmpty() ? namespace : subjectNamespace)
                                + ":" + name);
            case "User" -> caller.user().equals(name);
            case "Group" -> caller.groups().contains(name);
            default -> false;
        };
    }

    private static boolean covers(JsonNode rule, ResourceTarget target, String verb) {
        List<String> names = Json.texts(rule, "resourceNames");
        return contains(rule, "verbs", verb)
                && contains(rule, "apiGroups", target.kind().group())
                && Json.texts(rule, "resources").stream().anyMatch(pattern -> resource(pattern, target))
                && (names.isEmpty() || names.contains(target.name()));
    }

    private static boolean resource(String pattern, ResourceTarget target) {
        return pattern.equals("*")
                || pattern.equals(target.rbacResource())
                || (!target.subresource().isEmpty() && pattern.equals("*/" + target.subresource()));
    }

    private static boolean contains(JsonNode rule, String list, String value) {
        List<String> values = Json.texts(rule, list);
        return values.contains("*") || values.contains(value);
    }

    private static ResourceKind kind(String plural) {
        return ResourceKinds.find(GROUP, "v1", plural)
                .orElseThrow(() -> new IllegalStateException("the table of resources lacks " + plural));
    }
}
