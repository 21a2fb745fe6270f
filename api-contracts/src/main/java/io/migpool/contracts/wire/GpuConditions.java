package io.migpool.contracts.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Codec of {@link Annotations#NODE_GPU_CONDITIONS}, which says what keeps GPUs of a node from serving normally:
 * {@code [{"id":"GPU-…","index":0,"reason":"GpuUnhealthy","note":"…"}]}.
 */
public final class GpuConditions {

    private GpuConditions() {}

    /**
     * The condition of one GPU.
     *
     * @param gpuUuid {@code GPU-…}
     * @param index NVML index on the node, from 0
     * @param reason one word in CamelCase
     * @param note what is wrong and what to do
     */
    public record Condition(String gpuUuid, int index, String reason, String note) {}

    /** Returns the annotation's value in the order of the list; {@code []} if all GPUs serve. */
    public static String encode(List<Condition> conditions) {
        ArrayNode list = JsonFields.JSON.createArrayNode();
        conditions.forEach(condition -> list.addObject()
                .put("id", condition.gpuUuid())
                .put("index", condition.index())
                .put("reason", condition.reason())
                .put("note", condition.note()));
        return list.toString();
    }

    /**
     * Reads the annotation's value; an empty value means an empty list.
     *
     * @throws MalformedAnnotationException if an element or field is missing or wrong; names it
     */
    public static List<Condition> decode(String text) throws MalformedAnnotationException {
        if (text.isBlank()) {
            return List.of();
        }
        List<Condition> conditions = new ArrayList<>();
        for (JsonFields element : JsonFields.list(Annotations.NODE_GPU_CONDITIONS, text)) {
            conditions.add(new Condition(
                    element.string("id"),
                    element.optionalCount("index"),
                    element.string("reason"),
                    element.string("note")));
        }
        return List.copyOf(conditions);
    }
}
