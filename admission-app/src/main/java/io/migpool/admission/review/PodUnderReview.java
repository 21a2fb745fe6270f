package io.migpool.admission.review;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.GpuRequestParser;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.contracts.wire.Annotations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A pod as the API server sent it, with its parsed request.
 *
 * @param json the whole pod
 * @param namespace namespace in which it is created
 * @param containers init containers first
 * @param outcome what the request parser found
 */
record PodUnderReview(JsonNode json, String namespace, List<PodContainer> containers, RequestOutcome outcome) {

    private static final JsonMapper MODEL = JsonMapper.builder().build();

    PodUnderReview {
        containers = List.copyOf(containers);
    }

    /**
     * Reads a pod. Only what the request parser needs goes through the typed model: a field that a later Kubernetes
     * adds or retypes cannot make a pod unreadable.
     *
     * @throws UnreadablePodException if a container or its resources have the wrong shape
     */
    static PodUnderReview read(JsonNode pod, String namespace, GpuRequestParser parser) throws UnreadablePodException {
        List<PodContainer> containers = new ArrayList<>();
        ObjectNode skeleton = JsonNodeFactory.instance.objectNode();
        ObjectNode spec = skeleton.putObject("spec");
        for (String list : List.of("initContainers", "containers")) {
            ArrayNode outlines = spec.putArray(list);
            JsonNode elements = elements(pod, list);
            for (int position = 0; position < elements.size(); position++) {
                JsonNode element = elements.get(position);
                if (!element.isObject()) {
                    throw new UnreadablePodException(
                            "spec.%s[%d] is %s; it must be an object".formatted(list, position, element.getNodeType()));
                }
                var container = new PodContainer(list, position, containers.size(), element);
                containers.add(container);
                outlines.add(outline(container));
            }
        }
        try {
            return new PodUnderReview(pod, namespace, containers, parser.parse(MODEL.treeToValue(skeleton, Pod.class)));
        } catch (JsonProcessingException e) {
            throw new UnreadablePodException("%s cannot be read (%s); it must be as Kubernetes defines it"
                    .formatted(place(e), e.getOriginalMessage()));
        }
    }

    private static JsonNode elements(JsonNode pod, String list) throws UnreadablePodException {
        JsonNode elements = pod.path("spec").path(list);
        if (!elements.isArray() && !elements.isMissingNode() && !elements.isNull()) {
            throw new UnreadablePodException(
                    "spec.%s is %s; it must be a list of containers".formatted(list, elements.getNodeType()));
        }
        return elements;
    }

    private static ObjectNode outline(PodContainer container) {
        ObjectNode outline = JsonNodeFactory.instance.objectNode().put("name", container.name());
        for (String field : List.of("restartPolicy", "resources")) {
            JsonNode value = container.json().get(field);
            if (value != null) {
                outline.set(field, value);
            }
        }
        return outline;
    }

    /** Returns the path in the pod that the typed model could not read. */
    private static String place(JsonProcessingException problem) {
        StringBuilder place = new StringBuilder("pod");
        if (problem instanceof JsonMappingException mapping) {
            mapping.getPath()
                    .forEach(step -> place.append(
                            step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName()));
        }
        return place.toString();
    }

    boolean wantsGpu() {
        return !(outcome instanceof RequestOutcome.NoRequest);
    }

    /** Returns the requests of the containers that need a GPU; none if any of them is invalid. */
    List<ContainerGpuRequest> requests() {
        return outcome instanceof RequestOutcome.Accepted accepted
                ? accepted.request().containers()
                : List.of();
    }

    /** Returns the containers that need a GPU. */
    List<PodContainer> gpuContainers() {
        return requests().stream().map(this::container).toList();
    }

    PodContainer container(ContainerGpuRequest request) {
        return containers.get(request.index());
    }

    /** Returns whether the pod accepts the mode of such a GPU. */
    boolean accepts(GpuKind kind) {
        return kind.mode()
                .isAcceptedBy(annotations().path(Annotations.VGPU_MODE).asText(""));
    }

    /** Returns a text field of the pod's spec; empty if absent. */
    String spec(String field) {
        return json.path("spec").path(field).asText("");
    }

    /** Returns the pod's annotations; a missing node if it has none. */
    JsonNode annotations() {
        return json.path("metadata").path("annotations");
    }

    /** Returns a resource from a container's limits, otherwise from its requests, as written. */
    static Optional<JsonNode> resource(PodContainer container, String name) {
        JsonNode resources = container.json().path("resources");
        return Optional.ofNullable(resources.path("limits").get(name))
                .or(() -> Optional.ofNullable(resources.path("requests").get(name)));
    }
}
