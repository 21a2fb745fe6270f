package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.GpuConditions;
import io.migpool.contracts.wire.MalformedAnnotationException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What nodes say about GPUs that do not simply serve; no decision depends on it. */
final class GpuNotes {

    private final Map<String, Map<String, String>> byNode = new ConcurrentHashMap<>();
    private final Complaints complaints;

    GpuNotes(Complaints complaints) {
        this.complaints = complaints;
    }

    /** A node exists or has changed. */
    void nodeIs(Node node) {
        byNode.put(node.getMetadata().getName(), read(node));
    }

    /** A node is gone. */
    void nodeIsGone(String name) {
        byNode.remove(name);
    }

    /** What a node says about a GPU. */
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
            complaints.about("node " + node.getMetadata().getName(), String.valueOf(e.getMessage()));
        }
        return notes;
    }
}
