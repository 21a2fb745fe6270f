package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import java.util.function.Consumer;

/** What the API server says now, past every cache. */
public interface ConsistentReads {

    /** Who schedules now, in words that are equal as long as nobody else did in between; empty if that cannot be told. */
    Optional<String> leader();

    /**
     * Hands over every pod that is bound to a node.
     *
     * @return empty once all have been handed over, else why not
     */
    Optional<String> boundPods(Consumer<Pod> taker);
}
