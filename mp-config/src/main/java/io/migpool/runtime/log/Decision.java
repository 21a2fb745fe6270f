package io.migpool.runtime.log;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a line of the log is about. As a parameter of the line it becomes fields of their own in JSON; as part of the message
 * it reads {@code decision=bind namespace=default pod=web node=node-a}.
 *
 * @param decision what was decided, one word: {@code filter}, {@code bind}, {@code refuse}, {@code prepare}, …
 * @param namespace namespace of the pod
 * @param pod its name
 * @param node the node; empty if the decision names none
 */
public record Decision(String decision, String namespace, String pod, String node) {

    /** The fields that are not empty, by name and in order. */
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
