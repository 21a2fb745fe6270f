package io.migpool.extender;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.config.DeviceSettings;
import io.migpool.extender.apiserver.ApiServerReads;
import io.migpool.extender.apiserver.ClusterInformers;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.runtime.Closing;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The cluster's side of the extender: its state, kept up to date with the API server and the settings. */
final class ClusterSide {

    private static final System.Logger LOG = System.getLogger(ClusterSide.class.getName());
    private static final Duration READ_REQUEST = Duration.ofSeconds(3);
    private static final Duration READ_AGAIN_EVERY = Duration.ofSeconds(2);

    private final KubernetesClient client;
    private final Closing closing;
    private final ClusterState state = new ClusterState();
    private final ApiServerReads reads;
    private final AtomicBoolean podsToReadAgain = new AtomicBoolean();
    private final Loop rereading = Loop.of("re-reading-pods", READ_AGAIN_EVERY, READ_AGAIN_EVERY, this::readPodsAgain);
    /** Null until settings are in force; written only while settings are put in force, which one thread does at a time. */
    private volatile @Nullable ClusterInformers informers;

    /**
     * Makes no calls.
     *
     * @param lease namespace and name of the lease of the scheduler's leader election, with a slash between
     * @param closing closes what this side starts
     */
    ClusterSide(KubernetesClient client, String lease, InstantSource wall, Closing closing) {
        this.client = client;
        this.closing = closing;
        reads = new ApiServerReads(client, READ_REQUEST, lease, wall);
        state.onPolicies(this::podsAreToBeReadAgain);
    }

    ClusterState state() {
        return state;
    }

    ApiServerReads reads() {
        return reads;
    }

    void start() {
        closing.start(rereading, rereading::start);
    }

    /** Watching starts with the first settings: without the resource names no object can be interpreted. */
    void putInForce(DeviceSettings changed) {
        state.settingsChanged(changed);
        if (informers == null) {
            informers = closing.add(ClusterInformers.start(client, state));
        } else {
            podsAreToBeReadAgain();
        }
    }

    private void podsAreToBeReadAgain() {
        podsToReadAgain.set(true);
        rereading.wake();
    }

    /** Pods' requests depend on settings and namespaces, and only the API server still has the complete specifications. */
    Loop.Next readPodsAgain() {
        if (!podsToReadAgain.getAndSet(false)) {
            return Loop.Next.AFTER_PAUSE;
        }
        Optional<String> failure = reads.allPods(state::podChanged);
        if (failure.isEmpty()) {
            return Loop.Next.AFTER_PAUSE;
        }
        podsToReadAgain.set(true);
        LOG.log(Level.WARNING, "cannot re-read the pods under the new settings or policies yet: {0}", failure.get());
        // A list of all pods is expensive, and the API server may be overloaded.
        return Loop.Next.RETRY_SOON;
    }
}
