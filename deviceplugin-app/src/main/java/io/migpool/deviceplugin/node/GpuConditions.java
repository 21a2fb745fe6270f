package io.migpool.deviceplugin.node;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;

/** The Node annotation that tells which GPUs do not simply serve: {@code [{"id":"GPU-…","index":0,"reason":"…","note":"…"}]}. */
final class GpuConditions {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private GpuConditions() {}

    /** In the order of the GPUs; {@code []} if all serve. */
    static String encode(List<GpuStanding> standings) {
        ArrayNode list = JSON.createArrayNode();
        for (GpuStanding standing : standings) {
            standing.condition().ifPresent(condition -> list.addObject()
                    .put("id", standing.gpu().uuid())
                    .put("index", standing.gpu().index())
                    .put("reason", condition.reason())
                    .put("note", condition.note()));
        }
        return list.toString();
    }
}
