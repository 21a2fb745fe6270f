package io.migpool.testbed.controlplane;

import java.io.IOException;

/**
 * What the testbed asks of etcd itself, through its JSON gateway.
 *
 * @param address where it serves clients
 */
record Etcd(ServerAddress address) {

    /**
     * Makes it forget all states before a revision.
     *
     * @throws IOException if it refuses
     */
    void compact(long revision) throws IOException, InterruptedException {
        var _ = address.post("/v3/kv/compaction", "{\"revision\": \"%d\", \"physical\": true}".formatted(revision));
    }
}
