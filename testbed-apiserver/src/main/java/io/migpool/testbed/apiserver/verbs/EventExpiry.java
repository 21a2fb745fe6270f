package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Removes events an hour after their creation, as kube-apiserver does by default; checked whenever a new one arrives.
 */
final class EventExpiry {
    private static final Duration LIFETIME = Duration.ofHours(1);
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final ObjectStore store;
    private final Clock clock;
    private final AtomicReference<Instant> due = new AtomicReference<>(Instant.MIN);

    EventExpiry(ObjectStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** Removes expired events, at most once a minute. */
    void sweep() {
        Instant now = Instant.now(clock);
        Instant planned = due.get();
        if (now.isBefore(planned) || !due.compareAndSet(planned, now.plus(INTERVAL))) {
            return;
        }
        for (ObjectNode event : store.list(ResourceKinds.EVENTS, "").items()) {
            Instant created = Instant.parse(Json.text(event, "metadata", "creationTimestamp"));
            if (created.plus(LIFETIME).isBefore(now)) {
                String namespace = Json.text(event, "metadata", "namespace");
                store.remove(new ObjectKey(ResourceKinds.EVENTS, namespace, ObjectMeta.name(event)), event);
            }
        }
    }
}
