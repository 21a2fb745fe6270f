package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ResourceKind.Trait.ALL;
import static io.migpool.testbed.apiserver.ResourceKind.Trait.CONDITIONAL_UPDATE_ONLY;
import static io.migpool.testbed.apiserver.ResourceKind.Trait.GENERATION;
import static io.migpool.testbed.apiserver.ResourceKind.Trait.KEEPS_STATUS_ON_CREATE;
import static io.migpool.testbed.apiserver.ResourceKind.Trait.RETURNS_DELETED;
import static io.migpool.testbed.apiserver.ResourceKind.Trait.STATUS;
import static io.migpool.testbed.apiserver.ResourceKind.Trait.STATUS_WITH_METADATA;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The table of served resources. */
final class ResourceKinds {
    static final ResourceKind NAMESPACES =
            cluster("", "namespaces", "Namespace", List.of("ns"), STATUS, RETURNS_DELETED);
    static final ResourceKind NODES =
            cluster("", "nodes", "Node", List.of("no"), STATUS, STATUS_WITH_METADATA, KEEPS_STATUS_ON_CREATE);
    static final ResourceKind PODS = namespaced(
            "", "pods", "Pod", List.of("po"), STATUS, STATUS_WITH_METADATA, GENERATION, RETURNS_DELETED, ALL);
    static final ResourceKind EVENTS = namespaced("", "events", "Event", List.of("ev"));
    static final ResourceKind EVENTS_V1 = namespaced("events.k8s.io", "events", "Event", List.of("ev"));
    static final ResourceKind MUTATING_WEBHOOKS = cluster(
            "admissionregistration.k8s.io",
            "mutatingwebhookconfigurations",
            "MutatingWebhookConfiguration",
            List.of(),
            GENERATION);
    static final ResourceKind VALIDATING_WEBHOOKS = cluster(
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations",
            "ValidatingWebhookConfiguration",
            List.of(),
            GENERATION);
    static final ResourceKind VALIDATING_POLICIES = cluster(
            "admissionregistration.k8s.io",
            "validatingadmissionpolicies",
            "ValidatingAdmissionPolicy",
            List.of(),
            STATUS,
            GENERATION);
    static final ResourceKind VALIDATING_POLICY_BINDINGS = cluster(
            "admissionregistration.k8s.io",
            "validatingadmissionpolicybindings",
            "ValidatingAdmissionPolicyBinding",
            List.of(),
            GENERATION);
    static final ResourceKind PRIORITY_CLASSES =
            cluster("scheduling.k8s.io", "priorityclasses", "PriorityClass", List.of("pc"), GENERATION);
    static final ResourceKind DISRUPTION_BUDGETS =
            namespaced("policy", "poddisruptionbudgets", "PodDisruptionBudget", List.of("pdb"), STATUS, GENERATION);

    private static final List<ResourceKind> TABLE = List.of(
            NAMESPACES,
            NODES,
            PODS,
            EVENTS,
            namespaced("", "configmaps", "ConfigMap", List.of("cm")),
            namespaced("", "secrets", "Secret", List.of()),
            namespaced("", "services", "Service", List.of("svc"), STATUS, RETURNS_DELETED, ALL),
            namespaced("", "serviceaccounts", "ServiceAccount", List.of("sa"), RETURNS_DELETED),
            namespaced("", "resourcequotas", "ResourceQuota", List.of("quota"), STATUS, RETURNS_DELETED),
            namespaced("", "persistentvolumeclaims", "PersistentVolumeClaim", List.of("pvc"), STATUS, RETURNS_DELETED),
            namespaced("apps", "deployments", "Deployment", List.of("deploy"), STATUS, GENERATION, ALL),
            namespaced("apps", "daemonsets", "DaemonSet", List.of("ds"), STATUS, GENERATION, ALL),
            namespaced("apps", "statefulsets", "StatefulSet", List.of("sts"), STATUS, GENERATION, ALL),
            namespaced("apps", "replicasets", "ReplicaSet", List.of("rs"), STATUS, GENERATION, ALL),
            namespaced("batch", "jobs", "Job", List.of(), STATUS, GENERATION, ALL),
            namespaced("batch", "cronjobs", "CronJob", List.of("cj"), STATUS, GENERATION, ALL),
            namespaced("coordination.k8s.io", "leases", "Lease", List.of(), CONDITIONAL_UPDATE_ONLY),
            EVENTS_V1,
            MUTATING_WEBHOOKS,
            VALIDATING_WEBHOOKS,
            VALIDATING_POLICIES,
            VALIDATING_POLICY_BINDINGS,
            cluster("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", List.of()),
            cluster("rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding", List.of()),
            namespaced("rbac.authorization.k8s.io", "roles", "Role", List.of()),
            namespaced("rbac.authorization.k8s.io", "rolebindings", "RoleBinding", List.of()),
            DISRUPTION_BUDGETS,
            PRIORITY_CLASSES,
            cluster("node.k8s.io", "runtimeclasses", "RuntimeClass", List.of()));

    private ResourceKinds() {}

    static List<ResourceKind> all() {
        return TABLE;
    }

    static Optional<ResourceKind> find(String group, String version, String plural) {
        return TABLE.stream()
                .filter(kind -> kind.group().equals(group)
                        && kind.version().equals(version)
                        && kind.plural().equals(plural))
                .findFirst();
    }

    private static ResourceKind cluster(
            String group, String plural, String kind, List<String> shortNames, ResourceKind.Trait... traits) {
        return new ResourceKind(group, "v1", plural, kind, false, shortNames, Set.of(traits));
    }

    private static ResourceKind namespaced(
            String group, String plural, String kind, List<String> shortNames, ResourceKind.Trait... traits) {
        return new ResourceKind(group, "v1", plural, kind, true, shortNames, Set.of(traits));
    }
}
