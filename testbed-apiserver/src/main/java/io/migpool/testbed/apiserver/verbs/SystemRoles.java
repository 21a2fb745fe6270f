package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.request.RequestContext;

/**
 * The roles that Kubernetes has for kube-scheduler, with the rules of its RBAC bootstrap policy as far as the resources
 * are served here; its other default roles are missing. Nothing but these lets an account schedule.
 */
final class SystemRoles {
    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final String SYSTEM_NAMESPACE = "kube-system";

    private static final String CLUSTER_ROLES = """
        {
          "system:kube-scheduler": [
            {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["kube-scheduler"],
              "verbs": ["get", "update"]},
            {"apiGroups": [""], "resources": ["namespaces", "nodes", "replicationcontrollers", "services"],
              "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "delete"]},
            {"apiGroups": [""], "resources": ["bindings", "pods/binding"], "verbs": ["create"]},
            {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch", "update"]},
            {"apiGroups": ["apps"], "resources": ["replicasets", "statefulsets"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list", "watch"]}
          ],
          "system:volume-scheduler": [
            {"apiGroups": [""], "resources": ["persistentvolumeclaims"],
              "verbs": ["get", "list", "patch", "update", "watch"]}
          ]
        }
        """;

    private static final String ROLES = """
        {
          "extension-apiserver-authentication-reader": [
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["extension-apiserver-authentication"],
              "verbs": ["get", "list", "watch"]}
          ]
        }
        """;

    private final ObjectCreation creation;
    private final RequestContext context;

    SystemRoles(ObjectCreation creation, RequestContext context) {
        this.creation = creation;
        this.context = context;
    }

    void create() {
        createAll("clusterroles", "", CLUSTER_ROLES);
        createAll("roles", SYSTEM_NAMESPACE, ROLES);
    }

    private void createAll(String plural, String namespace, String roles) {
        ResourceKind kind = ResourceKinds.find(GROUP, "v1", plural)
                .orElseThrow(() -> new IllegalStateException("the table of resources lacks " + plural));
        Json.parseObject(roles)
                .properties()
                .forEach(role -> creation.create(context, kind, namespace, role(role.getKey(), role.getValue())));
    }

    private static ObjectNode role(String name, JsonNode rules) {
        ObjectNode role = Json.object();
        ObjectNode metadata = role.putObject("metadata").put("name", name);
        metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
        metadata.putObject("annotations").put("rbac.authorization.kubernetes.io/autoupdate", "true");
        role.set("rules", rules);
        return role;
    }
}
