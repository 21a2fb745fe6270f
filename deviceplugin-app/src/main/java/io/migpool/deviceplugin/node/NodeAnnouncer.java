package io.migpool.deviceplugin.node;

import io.migpool.contracts.wire.Annotations;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps the Node's annotations as they should be: compares with what the API server has, so that an edit by anybody is set
 * right and nothing is written twice. One virtual thread; tries are repeated after 0.2 s, 0.4 s, … 10 s.
 */
final class NodeAnnouncer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(NodeAnnouncer.class.getName());
    private static final String SERVING = "serving";
    private static final String STOPPING = "stopping";
    private static final Duration FIRST_RETRY = Duration.ofMillis(200);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(10);
    /** Changes wake the thread; this only bounds what a lost one costs. */
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(5);

    private final NodeAnnotations node;
    private final Supplier<String> registration;
    private final Wake wake = new Wake();
    private final Thread thread = Thread.ofVirtual().name("node-announcer").unstarted(this::run);
    private volatile boolean announced;

    /**
     * @param registration what the registration should be now
     */
    NodeAnnouncer(NodeAnnotations node, Supplier<String> registration) {
        this.node = node;
        this.registration = registration;
    }

    void start() {
        thread.start();
    }

    /** Something changed: the registration, or the Node. */
    void check() {
        wake.raise();
    }

    /** Whether the API server has had the registration. */
    boolean isAnnounced() {
        return announced;
    }

    private void run() {
        Duration retry = FIRST_RETRY;
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (announce()) {
                    retry = FIRST_RETRY;
                    wake.await(CHECK_INTERVAL);
                } else {
                    wake.await(retry);
                    retry = retry.compareTo(LONGEST_RETRY) < 0 ? retry.multipliedBy(2) : LONGEST_RETRY;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean announce() {
        Map<String, String> wanted =
                Map.of(Annotations.NODE_REGISTER, registration.get(), Annotations.NODE_STATE, SERVING);
        Optional<Map<String, String>> live = node.current();
        if (live.isEmpty()) {
            return false;
        }
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

    /** Tells the cluster that nothing is started here for now; tries once. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5));
            if (announced) {
                node.patch(Map.of(Annotations.NODE_STATE, STOPPING));
            }
        } catch (ClusterException e) {
            LOG.log(System.Logger.Level.WARNING, "the node still looks as if it served: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
