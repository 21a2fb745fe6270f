package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;

/**
 * One container of the pod under review.
 *
 * @param list {@code initContainers} or {@code containers}
 * @param position place in that list, from 0
 * @param index place in the pod, init containers counted first, as the request parser counts
 * @param json the container as it was sent
 */
record PodContainer(String list, int position, int index, JsonNode json) {

    /** Its name, or its place in the pod if it has none (names are checked after admission only). */
    String name() {
        String name = json.path("name").asText("");
        return name.isEmpty() ? "%s[%d]".formatted(list, position) : name;
    }

    /** Path from the pod's root. */
    List<String> path() {
        return List.of("spec", list, Integer.toString(position));
    }

    /** Path of a field below the container. */
    List<String> path(String... fields) {
        return Stream.concat(path().stream(), Stream.of(fields)).toList();
    }
}
