package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;

/**
 * One container of the pod under review.
 *
 * @param list {@code initContainers} or {@code containers}
 * @param position position in that list, from 0
 * @param index position in the pod, init containers counted first, as the request parser counts
 * @param json the container as it was sent
 */
record PodContainer(String list, int position, int index, JsonNode json) {

    /** Returns its name, or its position in the pod if it has none (names are validated only after admission). */
    String name() {
        String name = json.path("name").asText("");
        return name.isEmpty() ? "%s[%d]".formatted(list, position) : name;
    }

    /** Returns the path from the pod's root. */
    List<String> path() {
        return List.of("spec", list, Integer.toString(position));
    }

    /** Returns the path of a field below the container. */
    List<String> path(String... fields) {
        return Stream.concat(path().stream(), Stream.of(fields)).toList();
    }
}
