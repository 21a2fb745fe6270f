package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.LinkScores;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.Reasons;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A Node object cut down to what scheduling needs. Whether a pod may go to an unschedulable node is the scheduler's
 * decision, because pods may tolerate it.
 *
 * @param name the node
 * @param gpus registered GPUs in the order of their index
 * @param cordoned UUIDs of GPUs that get no new pods
 * @param links how well the GPUs are linked, as far as the node says
 * @param unusable why no new pod may come, or null
 * @param problem what is malformed about its annotations, or null
 */
record NodeFacts(
        String name,
        List<GpuInventory> gpus,
        Set<String> cordoned,
        LinkScores links,
        @Nullable Reason unusable,
        @Nullable String problem) {

    private static final String STOPPING = "stopping";

    static NodeFacts of(Node node, String countResource) {
        Map<String, String> annotations =
                Optional.ofNullable(node.getMetadata().getAnnotations()).orElse(Map.of());
        String name = node.getMetadata().getName();
        Set<String> cordoned = Arrays.stream(
                        annotations.getOrDefault(Annotations.DEVICE_CORDON, "").split(",", -1))
                .map(String::strip)
                .filter(uuid -> !uuid.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
        try {
            List<GpuInventory> gpus = NodeRegistration.fromAnnotations(annotations).stream()
                    .sorted(Comparator.comparingInt(GpuInventory::index).thenComparing(GpuInventory::uuid))
                    .toList();
            return withLinks(
                    new NodeFacts(
                            name,
                            gpus,
                            cordoned,
                            LinkScores.NONE,
                            unusable(node, annotations, gpus, countResource),
                            null),
                    annotations.getOrDefault(Annotations.NODE_LINKS, ""));
        } catch (MalformedAnnotationException e) {
            return new NodeFacts(
                    name, List.of(), cordoned, LinkScores.NONE, Reasons.malformedRegistration(), e.getMessage());
        }
    }

    /** Links only help to choose: a node whose links cannot be read is treated like one that publishes none. */
    private static NodeFacts withLinks(NodeFacts facts, String text) {
        try {
            return new NodeFacts(
                    facts.name, facts.gpus, facts.cordoned, LinkScores.decode(text), facts.unusable, facts.problem);
        } catch (MalformedAnnotationException e) {
            return new NodeFacts(
                    facts.name, facts.gpus, facts.cordoned, LinkScores.NONE, facts.unusable, e.getMessage());
        }
    }

    private static @Nullable Reason unusable(
            Node node, Map<String, String> annotations, List<GpuInventory> gpus, String countResource) {
        if (gpus.isEmpty()) {
            return Reasons.notRegistered();
        }
        if (!isReady(node)) {
            return Reasons.notReady();
        }
        if (STOPPING.equalsIgnoreCase(
                annotations.getOrDefault(Annotations.NODE_STATE, "").strip())) {
            return Reasons.stopping();
        }
        return allocatable(node, countResource) > 0 ? null : Reasons.nothingAllocatable(countResource);
    }

    private static boolean isReady(Node node) {
        List<NodeCondition> conditions =
                node.getStatus() == null || node.getStatus().getConditions() == null
                        ? List.of()
                        : node.getStatus().getConditions();
        return conditions.stream()
                .anyMatch(condition -> "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    private static long allocatable(Node node, String resource) {
        if (node.getStatus() == null || node.getStatus().getAllocatable() == null) {
            return 0;
        }
        Quantity quantity = node.getStatus().getAllocatable().get(resource);
        return quantity == null ? 0 : quantity.getNumericalAmount().longValue();
    }
}
