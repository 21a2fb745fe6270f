package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.GpuConditions;
import io.migpool.contracts.wire.MalformedAnnotationException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What is known of nodes for people only: no decision depends on it. */
final class NodeNotes {

    /**
     * @param cordoned whether the node is marked as unschedulable
     * @param gpus what the node reports about GPUs that are not in normal service, by UUID
     */
    private record Notes(boolean cordoned, Map<String, String> gpus) {

        private static final Notes NONE = new Notes(false, Map.of());
    }

    private final Map<String, Notes> byNode = new ConcurrentHashMap<>();
    private final AnnotationProblems problems;

    NodeNotes(AnnotationProblems problems) {
        this.problems = problems;
    }

    /** Records a node that has appeared or changed. */
    void putNode(Node node) {
        boolean cordoned =
                node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
        byNode.put(node.getMetadata().getName(), new Notes(cordoned, gpus(node)));
    }

    void removeNode(String name) {
        byNode.remove(name);
    }

    /** Returns what a node reports about a GPU. */
    Optional<String> of(String node, String gpuUuid) {
        return Optional.ofNullable(byNode.getOrDefault(node, Notes.NONE).gpus().get(gpuUuid));
    }

    boolean isCordoned(String node) {
        return byNode.getOrDefault(node, Notes.NONE).cordoned();
    }

    private Map<String, String> gpus(Node node) {
        String text = Optional.ofNullable(node.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(Annotations.NODE_GPU_CONDITIONS))
                .orElse("");
        Map<String, String> notes = new HashMap<>();
        try {
            GpuConditions.decode(text).forEach(condition -> notes.put(condition.gpuUuid(), condition.note()));
        } catch (MalformedAnnotationException e) {
            problems.ignored("node " + node.getMetadata().getName(), String.valueOf(e.getMessage()));
        }
        return notes;
    }
}
