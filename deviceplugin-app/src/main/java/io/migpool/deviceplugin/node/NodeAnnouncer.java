package io.migpool.deviceplugin.node;

import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeAnnotations;
import io.migpool.runtime.time.Loop;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Keeps the Node's annotations as they should be: compares with what the API server has, so that an edit by anybody is set
 * right and nothing is written twice.
 */
final class NodeAnnouncer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(NodeAnnouncer.class.getName());
    private static final String SERVING = "serving";
    private static final String STOPPING = "stopping";
    /** Changes wake the loop; this only bounds what a lost one costs. */
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(5);

    private final NodeAnnotations node;
    private final Supplier<Optional<Map<String, String>>> announcement;
    private final BooleanSupplier serving;
    private final Loop loop = Loop.of("node-announcer", CHECK_INTERVAL, this::announce);
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean announced;

    /**
     * @param announcement annotations as they should be now; empty while that is not certain
     * @param serving whether pods that are bound here now can be started
     */
    NodeAnnouncer(NodeAnnotations node, Supplier<Optional<Map<String, String>>> announcement, BooleanSupplier serving) {
        this.node = node;
        this.announcement = announcement;
        this.serving = serving;
    }

    void start() {
        loop.start();
    }

    /** Something changed: the registration, whether we serve, or the Node. */
    void check() {
        loop.wake();
    }

    /** Whether the API server has had the registration. */
    boolean isAnnounced() {
        return announced;
    }

    private boolean announce() {
        Optional<Map<String, String>> certain = announcement.get();
        Optional<Map<String, String>> live = node.current();
        if (live.isEmpty() || certain.isEmpty()) {
            return false;
        }
        Map<String, String> wanted = new TreeMap<>(certain.get());
        wanted.put(Annotations.NODE_STATE, serving.getAsBoolean() ? SERVING : STOPPING);
        if (live.get().entrySet().containsAll(wanted.entrySet())) {
            announced = true;
            return true;
        }
        try {
            node.patch(wanted);
            announced = true;
            return true;
        } catch (ClusterException e) {
            LOG.log(System.Logger.Level.WARNING, "the node annotations are not up to date: {0}", e.getMessage());
            return false;
        }
    }

    /**
     * Tells the cluster that nothing is started here for now, and announces nothing more; tries once, however often it is called.
     *
     * @return whether the cluster has just heard of it
     */
    boolean stop() {
        loop.close();
        try {
            if (announced && !ended.getAndSet(true)) {
                node.patch(Map.of(Annotations.NODE_STATE, STOPPING));
                return true;
            }
        } catch (ClusterException e) {
            LOG.log(System.Logger.Level.WARNING, "the node still looks as if it served: {0}", e.getMessage());
        }
        return false;
    }

    @Override
    public void close() {
        stop();
    }
}
