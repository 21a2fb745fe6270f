package io.migpool.testbed.apiserver.model;

import static io.migpool.testbed.apiserver.model.ResourceKind.Trait.ALL;
import static io.migpool.testbed.apiserver.model.ResourceKind.Trait.CONDITIONAL_UPDATE_ONLY;
import static io.migpool.testbed.apiserver.model.ResourceKind.Trait.GENERATION;
import static io.migpool.testbed.apiserver.model.ResourceKind.Trait.KEEPS_STATUS_ON_CREATE;
import static io.migpool.testbed.apiserver.model.ResourceKind.Trait.RETURNS_DELETED;
import static io.migpool.testbed.apiserver.model.ResourceKind.Trait.STATUS;
import static io.migpool.testbed.apiserver.model.ResourceKind.Trait.STATUS_WITH_METADATA;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBinding;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The table of served resources. */
public final class ResourceKinds {
    /** {@code namespaces}. */
    public static final ResourceKind NAMESPACES = cluster(Namespace.class, List.of("ns"), STATUS, RETURNS_DELETED);
    /** {@code nodes}. */
    public static final ResourceKind NODES =
            cluster(Node.class, List.of("no"), STATUS, STATUS_WITH_METADATA, KEEPS_STATUS_ON_CREATE);
    /** {@code pods}. */
    public static final ResourceKind PODS =
            namespaced(Pod.class, List.of("po"), STATUS, STATUS_WITH_METADATA, GENERATION, RETURNS_DELETED, ALL);
    /** {@code events} of the core group, as which all events are stored. */
    public static final ResourceKind EVENTS = namespaced(Event.class, List.of("ev"));

    static final ResourceKind EVENTS_V1 =
            namespaced(io.fabric8.kubernetes.api.model.events.v1.Event.class, List.of("ev"));
    /** {@code mutatingwebhookconfigurations}. */
    public static final ResourceKind MUTATING_WEBHOOKS =
            cluster(MutatingWebhookConfiguration.class, List.of(), GENERATION, CONDITIONAL_UPDATE_ONLY);
    /** {@code validatingwebhookconfigurations}. */
    public static final ResourceKind VALIDATING_WEBHOOKS =
            cluster(ValidatingWebhookConfiguration.class, List.of(), GENERATION, CONDITIONAL_UPDATE_ONLY);
    /** {@code validatingadmissionpolicies}. */
    public static final ResourceKind VALIDATING_POLICIES =
            cluster(ValidatingAdmissionPolicy.class, List.of(), STATUS, GENERATION, CONDITIONAL_UPDATE_ONLY);
    /** {@code validatingadmissionpolicybindings}. */
    public static final ResourceKind VALIDATING_POLICY_BINDINGS =
            cluster(ValidatingAdmissionPolicyBinding.class, List.of(), GENERATION, CONDITIONAL_UPDATE_ONLY);
    /** {@code priorityclasses}. */
    public static final ResourceKind PRIORITY_CLASSES = cluster(PriorityClass.class, List.of("pc"), GENERATION);
    /** {@code poddisruptionbudgets}. */
    public static final ResourceKind DISRUPTION_BUDGETS =
            namespaced(PodDisruptionBudget.class, List.of("pdb"), STATUS, GENERATION, CONDITIONAL_UPDATE_ONLY);

    private static final List<ResourceKind> TABLE = List.of(
            NAMESPACES,
            NODES,
            PODS,
            EVENTS,
            namespaced(ConfigMap.class, List.of("cm")),
            namespaced(Secret.class, List.of()),
            namespaced(Service.class, List.of("svc"), STATUS, RETURNS_DELETED, ALL),
            namespaced(ServiceAccount.class, List.of("sa"), RETURNS_DELETED),
            namespaced(ResourceQuota.class, List.of("quota"), STATUS, RETURNS_DELETED),
            namespaced(PersistentVolumeClaim.class, List.of("pvc"), STATUS, RETURNS_DELETED),
            namespaced(Deployment.class, List.of("deploy"), STATUS, GENERATION, ALL),
            namespaced(DaemonSet.class, List.of("ds"), STATUS, GENERATION, ALL),
            namespaced(StatefulSet.class, List.of("sts"), STATUS, GENERATION, ALL),
            namespaced(ReplicaSet.class, List.of("rs"), STATUS, GENERATION, ALL),
            namespaced(Job.class, List.of(), STATUS, GENERATION, ALL),
            namespaced(CronJob.class, List.of("cj"), STATUS, GENERATION, ALL),
            namespaced(Lease.class, List.of(), CONDITIONAL_UPDATE_ONLY),
            EVENTS_V1,
            MUTATING_WEBHOOKS,
            VALIDATING_WEBHOOKS,
            VALIDATING_POLICIES,
            VALIDATING_POLICY_BINDINGS,
            cluster(ClusterRole.class, List.of()),
            cluster(ClusterRoleBinding.class, List.of()),
            namespaced(Role.class, List.of()),
            namespaced(RoleBinding.class, List.of()),
            DISRUPTION_BUDGETS,
            PRIORITY_CLASSES,
            cluster(RuntimeClass.class, List.of(), CONDITIONAL_UPDATE_ONLY),
            namespaced(NetworkPolicy.class, List.of("netpol"), GENERATION),
            // As if the Prometheus Operator and cert-manager were installed.
            namespaced(ServiceMonitor.class, List.of("smon"), GENERATION, CONDITIONAL_UPDATE_ONLY),
            namespaced(PodMonitor.class, List.of("pmon"), GENERATION, CONDITIONAL_UPDATE_ONLY),
            namespaced(PrometheusRule.class, List.of("promrule"), GENERATION, CONDITIONAL_UPDATE_ONLY),
            untyped("cert-manager.io", "v1", "issuers", "Issuer"),
            untyped("cert-manager.io", "v1", "certificates", "Certificate"));

    private ResourceKinds() {}

    /** Returns all served resources, in the order of discovery. */
    public static List<ResourceKind> all() {
        return TABLE;
    }

    /** Returns the resource of a path, if it is served. */
    public static Optional<ResourceKind> find(String group, String version, String plural) {
        return TABLE.stream()
                .filter(kind -> kind.group().equals(group)
                        && kind.version().equals(version)
                        && kind.plural().equals(plural))
                .findFirst();
    }

    private static ResourceKind cluster(
            Class<? extends HasMetadata> model, List<String> shortNames, ResourceKind.Trait... traits) {
        return kind(model, false, shortNames, traits);
    }

    private static ResourceKind namespaced(
            Class<? extends HasMetadata> model, List<String> shortNames, ResourceKind.Trait... traits) {
        return kind(model, true, shortNames, traits);
    }

    /** Returns a namespaced kind whose fields are unknown, so that all are kept. */
    private static ResourceKind untyped(String group, String version, String plural, String kind) {
        return new ResourceKind(
                group,
                version,
                plural,
                kind,
                true,
                GenericKubernetesResource.class,
                List.of(),
                Set.of(GENERATION, CONDITIONAL_UPDATE_ONLY));
    }

    private static ResourceKind kind(
            Class<? extends HasMetadata> model,
            boolean namespaced,
            List<String> shortNames,
            ResourceKind.Trait... traits) {
        return new ResourceKind(
                HasMetadata.getGroup(model),
                HasMetadata.getVersion(model),
                HasMetadata.getPlural(model),
                HasMetadata.getKind(model),
                namespaced,
                model,
                shortNames,
                Set.of(traits));
    }
}
