package io.migpool.testbed.controlplane;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/**
 * What the testbed asks of etcd itself, through its JSON gateway.
 *
 * @param address where it serves clients
 */
record Etcd(ServerAddress address) {

    /** The key that consists of a zero byte, which nobody writes. */
    private static final String NO_KEY = "{\"key\": \"AA==\"}";

    /**
     * Makes it forget all revisions before the present one.
     *
     * @throws IOException if it refuses
     */
    void compact() throws IOException, InterruptedException {
        String revision = JsonMapper.builder()
                .build()
                .readTree(address.post("/v3/kv/range", NO_KEY))
                .at("/header/revision")
                .asText();
        var _ = address.post("/v3/kv/compaction", "{\"revision\": \"%s\", \"physical\": true}".formatted(revision));
    }
}
