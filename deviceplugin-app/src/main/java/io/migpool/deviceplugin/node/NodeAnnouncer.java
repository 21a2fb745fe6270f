package io.migpool.deviceplugin.node;

import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeAnnotations;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Keeps the Node's annotations up to date: compares them with the API server's, so that edits by others are corrected
 * and nothing is written twice.
 */
final class NodeAnnouncer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(NodeAnnouncer.class.getName());
    private static final String SERVING = "serving";
    private static final String STOPPING = "stopping";
    /** Changes wake the loop; this only bounds the cost of a missed one. */
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(5);

    /** Each step of creating an instance is a change, and starting containers need the processor more urgently. */
    private static final Duration LEAST_PAUSE = Duration.ofMillis(50);

    private final NodeAnnotations node;
    private final Supplier<Optional<Map<String, String>>> announcement;
    private final BooleanSupplier serving;
    private final Loop loop = Loop.of("node-announcer", CHECK_INTERVAL, LEAST_PAUSE, this::announce);
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean announced;

    /**
     * @param announcement supplies the desired annotations; empty while they are uncertain
     * @param serving whether pods bound here can be started at present
     */
    NodeAnnouncer(NodeAnnotations node, Supplier<Optional<Map<String, String>>> announcement, BooleanSupplier serving) {
        this.node = node;
        this.announcement = announcement;
        this.serving = serving;
    }

    void start() {
        loop.start();
    }

    /** Checks after a change of the registration, of readiness, or of the Node. */
    void check() {
        loop.wake();
    }

    /** Returns whether the API server has received the registration. */
    boolean isAnnounced() {
        return announced;
    }

    private Loop.Next announce() {
        Optional<Map<String, String>> certain = announcement.get();
        Optional<Map<String, String>> live = node.current();
        if (live.isEmpty() || certain.isEmpty()) {
            return Loop.Next.RETRY_SOON;
        }
        Map<String, String> wanted = new TreeMap<>(certain.get());
        wanted.put(Annotations.NODE_STATE, serving.getAsBoolean() ? SERVING : STOPPING);
        if (live.get().entrySet().containsAll(wanted.entrySet())) {
            announced = true;
            return Loop.Next.AFTER_PAUSE;
        }
        try {
            node.patch(wanted);
            announced = true;
            return Loop.Next.AFTER_PAUSE;
        } catch (ClusterException e) {
            LOG.log(Level.WARNING, "the node annotations are out of date: {0}", e.getMessage());
            return Loop.Next.RETRY_SOON;
        }
    }

    /**
     * Announces that nothing can be started here for now, and nothing more after that; tries only once, however often
     * it is called.
     *
     * @return whether this call has announced it
     */
    boolean stop() {
        loop.close();
        try {
            if (announced && !ended.getAndSet(true)) {
                node.patch(Map.of(Annotations.NODE_STATE, STOPPING));
                return true;
            }
        } catch (ClusterException e) {
            LOG.log(Level.WARNING, "the node is still announced as serving: {0}", e.getMessage());
        }
        return false;
    }

    @Override
    public void close() {
        stop();
    }
}
