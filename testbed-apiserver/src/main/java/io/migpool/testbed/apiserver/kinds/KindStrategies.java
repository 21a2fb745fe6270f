package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.Map;

/** The strategy of each kind. */
public final class KindStrategies {
    private static final KindStrategy PLAIN = new KindStrategy() {};
    private static final KindStrategy STATUS_RESET = new KindStrategy() {
        @Override
        public void prepareCreate(ObjectNode object) {
            object.putObject("status");
        }
    };
    private static final Map<String, KindStrategy> CORE = Map.of(
            "pods", new PodStrategy(),
            "nodes", new NodeStrategy(),
            "namespaces", new NamespaceStrategy(),
            "services", new ServiceStrategy(),
            "events", new EventStrategy(),
            "configmaps", new ConfigMapStrategy(),
            "secrets", new SecretStrategy(),
            "persistentvolumeclaims", new PhaseStrategy("Pending"));

    private KindStrategies() {}

    /** Returns the strategy of a kind; kinds without rules of their own share one. */
    public static KindStrategy of(ResourceKind kind) {
        if (kind.group().isEmpty()) {
            return CORE.getOrDefault(kind.plural(), kind.is(ResourceKind.Trait.STATUS) ? STATUS_RESET : PLAIN);
        }
        return switch (kind.group()) {
            case "apps" -> new WorkloadStrategy("spec", "template");
            case "batch" ->
                kind.plural().equals("cronjobs")
                        ? new WorkloadStrategy("spec", "jobTemplate", "spec", "template")
                        : new WorkloadStrategy("spec", "template");
            case "rbac.authorization.k8s.io" ->
                kind.plural().endsWith("bindings") ? new RoleBindingStrategy() : new RoleStrategy();
            case "coordination.k8s.io" -> new LeaseStrategy();
            case "networking.k8s.io" -> new NetworkPolicyStrategy();
            case "node.k8s.io" -> new RuntimeClassStrategy();
            case "scheduling.k8s.io" -> new PriorityClassStrategy();
            case "admissionregistration.k8s.io" ->
                switch (kind.plural()) {
                    case "validatingadmissionpolicies" -> new PolicyStrategy();
                    case "validatingadmissionpolicybindings" -> new PolicyBindingStrategy();
                    default -> new WebhookConfigurationStrategy();
                };
            default -> kind.is(ResourceKind.Trait.STATUS) ? STATUS_RESET : PLAIN;
        };
    }

    private record PhaseStrategy(String phase) implements KindStrategy {
        @Override
        public void prepareCreate(ObjectNode object) {
            object.putObject("status").put("phase", phase);
        }
    }

    private static final class NamespaceStrategy implements KindStrategy {
        @Override
        public void defaults(ObjectNode object) {
            String name = Json.text(object, "metadata", "name");
            if (!name.isEmpty()) {
                Json.child(object, "metadata", "labels").put("kubernetes.io/metadata.name", name);
            }
        }

        @Override
        public void prepareCreate(ObjectNode object) {
            object.putObject("spec").putArray("finalizers").add("kubernetes");
            object.putObject("status").put("phase", "Active");
        }
    }
}
