package io.migpool.testbed.bench.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes {@linkplain WorkerPods pods} as JSON, by filling in what one differs in from others that request the same: whoever
 * writes pods shares the processors with what is measured. Thread-safe.
 */
public final class PodTexts {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String NODE = "@node@";
    private static final String ANNOTATIONS = "@annotations@";
    private static final String NAME = "@name@";
    private static final String UID = "@uid@";
    private static final String VERSION = "@version@";

    /** By the containers that pods which request the same share. */
    private final Map<List<Container>, String> templates = Collections.synchronizedMap(new IdentityHashMap<>());

    /** Returns the pod as JSON; one that is not bound has an empty node name. */
    public String of(Pod pod) {
        String text = templates.computeIfAbsent(pod.getSpec().getContainers(), containers -> template(pod));
        return text.replace(NAME, pod.getMetadata().getName())
                .replace(UID, pod.getMetadata().getUid())
                .replace(VERSION, pod.getMetadata().getResourceVersion())
                .replace(NODE, Optional.ofNullable(pod.getSpec().getNodeName()).orElse(""))
                .replace(
                        "{\"" + ANNOTATIONS + "\":\"\"}", json(pod.getMetadata().getAnnotations()));
    }

    private static String template(Pod pod) {
        Pod template = WorkerPods.bound(pod, NODE, Map.of(ANNOTATIONS, ""));
        template.getMetadata().setName(NAME);
        template.getMetadata().setUid(UID);
        template.getMetadata().setResourceVersion(VERSION);
        return json(template);
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a pod cannot be written", e);
        }
    }
}
