package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.GpuConditions;
import io.migpool.contracts.wire.MalformedAnnotationException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Nodes' notes on GPUs that are not in normal service; no decision depends on them. */
final class GpuConditionIndex {

    private final Map<String, Map<String, String>> byNode = new ConcurrentHashMap<>();
    private final AnnotationProblems problems;

    GpuConditionIndex(AnnotationProblems problems) {
        this.problems = problems;
    }

    /** Records a node that has appeared or changed. */
    void putNode(Node node) {
        byNode.put(node.getMetadata().getName(), read(node));
    }

    void removeNode(String name) {
        byNode.remove(name);
    }

    /** Returns what a node reports about a GPU. */
    Optional<String> of(String node, String gpuUuid) {
        return Optional.ofNullable(byNode.getOrDefault(node, Map.of()).get(gpuUuid));
    }

    private Map<String, String> read(Node node) {
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
