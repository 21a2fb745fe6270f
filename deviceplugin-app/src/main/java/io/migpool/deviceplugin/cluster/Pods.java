package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pods bound to this node, as the API server knows them. */
public interface Pods {

    /** The pod with that uid as last watched, without asking anybody. */
    Optional<Pod> watched(String uid);

    /** All pods bound here, or empty while the watch has not seen all of them yet. */
    Optional<List<Pod>> all();

    /**
     * Asks the API server.
     *
     * @return empty if there is no such pod
     * @throws ClusterException if the API server does not answer
     */
    Optional<Pod> read(String namespace, String name) throws ClusterException;

    /**
     * Merges annotations and labels into a pod, on the condition that it is this pod in this version.
     *
     * @param base the pod as it was read
     * @param annotations to set
     * @param labels to set
     * @throws ClusterException {@code CONFLICT} if the pod changed since, {@code GONE} if it is not there any more
     */
    void mark(Pod base, Map<String, String> annotations, Map<String, String> labels) throws ClusterException;

    /**
     * Asks for the pod to be deleted in an orderly way, budgets of disruption respected.
     *
     * @return false if a budget does not allow it now
     * @throws ClusterException {@code GONE} if it is not there any more, {@code REFUSED} without the permission
     */
    boolean evict(Pod pod) throws ClusterException;

    /** The same, but a call that has not been answered by the deadline fails with {@code UNAVAILABLE} then. */
    default Pods until(Instant deadline, InstantSource clock) {
        return new TimelyPods(this, clock, deadline);
    }

    /** What happens to pods bound here. */
    interface Listener {

        /** A pod appeared or changed. */
        void changed(Pod pod);

        /**
         * A pod was deleted, or all its containers have ended for good. May be told more than once.
         *
         * @param runsOnFor how long containers of it may still run, as far as is known; zero if they have ended
         */
        void gone(String uid, Duration runsOnFor);
    }
}
