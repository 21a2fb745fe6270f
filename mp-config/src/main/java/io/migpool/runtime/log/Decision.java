package io.migpool.runtime.log;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The subject of a log line. As a parameter of the log record it becomes separate fields in JSON; in a text message it
 * reads {@code decision=bind namespace=default pod=web node=node-a}.
 *
 * @param decision what was decided, one word: {@code filter}, {@code bind}, {@code refuse}, {@code prepare}, …
 * @param namespace namespace of the pod
 * @param pod its name
 * @param node the node; empty if the decision names none
 */
public record Decision(String decision, String namespace, String pod, String node) {

    /** Returns the non-empty fields, by name and in order. */
    Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("decision", decision);
        fields.put("namespace", namespace);
        fields.put("pod", pod);
        fields.put("node", node);
        fields.values().removeIf(String::isEmpty);
        return fields;
    }

    @Override
    public String toString() {
        return fields().entrySet().stream()
                .map(field -> field.getKey() + "=" + field.getValue())
                .collect(Collectors.joining(" "));
    }
}
