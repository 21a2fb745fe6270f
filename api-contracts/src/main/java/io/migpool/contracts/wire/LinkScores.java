package io.migpool.contracts.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How well the GPUs of a node are linked, pair by pair, from {@link Annotations#NODE_LINKS}. Higher is better: 10 to 60
 * for PCIe paths, 100 for each NVLink (HAMi {@code pkg/device-plugin/nvidiadevice/nvinternal/plugin}).
 *
 * @param byGpu scores by UUID of a GPU and of its peer; empty if the node publishes none
 */
public record LinkScores(Map<String, Map<String, Integer>> byGpu) {

    /** No scores. */
    public static final LinkScores NONE = new LinkScores(Map.of());

    public LinkScores {
        Map<String, Map<String, Integer>> copy = new HashMap<>();
        byGpu.forEach((gpu, peers) -> copy.put(gpu, Map.copyOf(peers)));
        byGpu = Map.copyOf(copy);
    }

    /** Returns whether there are no scores. */
    public boolean isEmpty() {
        return byGpu.isEmpty();
    }

    /** Returns the score of a pair; 0 if the two GPUs disagree or either does not list the other. */
    public int between(String gpu, String peer) {
        Integer there = byGpu.getOrDefault(gpu, Map.of()).get(peer);
        Integer back = byGpu.getOrDefault(peer, Map.of()).get(gpu);
        return there != null && there.equals(back) ? there : 0;
    }

    /** Returns the annotation's value; equal scores give equal text. */
    public String encode() {
        var list = JsonFields.JSON.createArrayNode();
        new TreeMap<>(byGpu).forEach((gpu, peers) -> {
            var scores = list.addObject().put("uuid", gpu).putObject("score");
            new TreeMap<>(peers).forEach(scores::put);
        });
        return list.toString();
    }

    /**
     * Reads the annotation's value; an empty value means no scores.
     *
     * @throws MalformedAnnotationException if an element or field is missing or wrong, or a GPU is listed twice; names
     *     it
     */
    public static LinkScores decode(String text) throws MalformedAnnotationException {
        if (text.isBlank()) {
            return NONE;
        }
        List<JsonFields> elements = JsonFields.list(Annotations.NODE_LINKS, text);
        Map<String, Map<String, Integer>> byGpu = new HashMap<>();
        Set<String> seen = new HashSet<>();
        for (JsonFields element : elements) {
            String gpu = element.string("uuid");
            if (!seen.add(gpu)) {
                throw element.malformed("names " + gpu + " a second time");
            }
            byGpu.put(gpu, peers(element.field("score").object()));
        }
        return new LinkScores(byGpu);
    }

    private static Map<String, Integer> peers(JsonFields scores) throws MalformedAnnotationException {
        Map<String, Integer> peers = new HashMap<>();
        for (Map.Entry<String, JsonNode> peer : scores.node().properties()) {
            if (!peer.getValue().isInt()) {
                throw scores.field(peer.getKey()).malformed("must be a whole number");
            }
            peers.put(peer.getKey(), peer.getValue().intValue());
        }
        return peers;
    }
}
