package io.migpool.testbed.pods;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Which nodes a pod accepts and which it prefers, by their labels.
 *
 * @param pod the pod
 */
public record NodeAffinity(Pod pod) {

    /** Why a node is refused, in the words of the scheduler and of kubelet. */
    public static final String REFUSAL = "node(s) didn't match Pod's node affinity/selector";

    /** Returns whether there are nodes that it may not accept. */
    public boolean demands() {
        return !selector().isEmpty()
                || affinity()
                        .map(affinity -> affinity.getRequiredDuringSchedulingIgnoredDuringExecution())
                        .isPresent();
    }

    /** Returns whether the node has all labels of the selector and, if any terms are required, satisfies one of them. */
    public boolean admits(Node node) {
        return labels(node).entrySet().containsAll(selector().entrySet())
                && affinity()
                        .map(affinity -> affinity.getRequiredDuringSchedulingIgnoredDuringExecution())
                        .map(required ->
                                required.getNodeSelectorTerms().stream().anyMatch(term -> matches(term, node)))
                        .orElse(true);
    }

    /** Returns the sum of the weights of the preferred terms that the node satisfies. */
    public long preference(Node node) {
        return affinity().stream()
                .flatMap(affinity -> affinity.getPreferredDuringSchedulingIgnoredDuringExecution().stream())
                .filter(preferred -> matches(preferred.getPreference(), node))
                .mapToLong(preferred -> preferred.getWeight())
                .sum();
    }

    private Map<String, String> selector() {
        return Objects.requireNonNullElse(pod.getSpec().getNodeSelector(), Map.of());
    }

    private Optional<io.fabric8.kubernetes.api.model.NodeAffinity> affinity() {
        return Optional.ofNullable(pod.getSpec().getAffinity()).map(affinity -> affinity.getNodeAffinity());
    }

    private static Map<String, String> labels(Node node) {
        return Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
    }

    /** A term without requirements matches no node. */
    private static boolean matches(NodeSelectorTerm term, Node node) {
        var fields = Map.of("metadata.name", node.getMetadata().getName());
        return !(term.getMatchExpressions().isEmpty() && term.getMatchFields().isEmpty())
                && term.getMatchExpressions().stream().allMatch(requirement -> matches(requirement, labels(node)))
                && term.getMatchFields().stream().allMatch(requirement -> matches(requirement, fields));
    }

    private static boolean matches(NodeSelectorRequirement requirement, Map<String, String> values) {
        var value = Optional.ofNullable(values.get(requirement.getKey()));
        var wanted = requirement.getValues();
        return switch (requirement.getOperator()) {
            case "In" -> value.filter(wanted::contains).isPresent();
            case "NotIn" -> value.filter(wanted::contains).isEmpty();
            case "Exists" -> value.isPresent();
            case "DoesNotExist" -> value.isEmpty();
            case "Gt" ->
                value.filter(actual -> compare(actual, wanted.getFirst()) > 0).isPresent();
            case "Lt" ->
                value.filter(actual -> compare(actual, wanted.getFirst()) < 0).isPresent();
            default -> false;
        };
    }

    /** Returns 0 if the value is no integer, which is then neither greater nor less. */
    private static int compare(String value, String bound) {
        try {
            return Long.compare(Long.parseLong(value), Long.parseLong(bound));
        } catch (NumberFormatException _) {
            return 0;
        }
    }
}
