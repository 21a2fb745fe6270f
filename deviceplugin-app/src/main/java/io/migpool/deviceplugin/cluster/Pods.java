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

    /** Returns the pod with this uid as last watched, without a request. */
    Optional<Pod> watched(String uid);

    /** Returns all pods bound here, or empty while the watch has not seen all of them yet. */
    Optional<List<Pod>> all();

    /**
     * Reads a pod from the API server.
     *
     * @return empty if there is no such pod
     * @throws ClusterException if the API server does not answer
     */
    Optional<Pod> read(String namespace, String name) throws ClusterException;

    /**
     * Merges annotations and labels into a pod, provided that it is still this pod in this version.
     *
     * @param base the pod as it was read
     * @param annotations annotations to set
     * @param labels labels to set
     * @throws ClusterException {@code CONFLICT} if the pod has changed since, {@code GONE} if it no longer exists
     */
    void mark(Pod base, Map<String, String> annotations, Map<String, String> labels) throws ClusterException;

    /**
     * Evicts the pod, respecting disruption budgets.
     *
     * @return false if a budget does not allow it at present
     * @throws ClusterException {@code GONE} if it no longer exists, {@code REFUSED} without permission
     */
    boolean evict(Pod pod) throws ClusterException;

    /** Returns these pods with a deadline, at which an unanswered call fails with {@code UNAVAILABLE}. */
    default Pods until(Instant deadline, InstantSource clock) {
        return new TimelyPods(this, clock, deadline);
    }

    /** Receives changes of pods bound here. */
    interface Listener {

        /** A pod appeared or changed. */
        void changed(Pod pod);

        /**
         * A pod was deleted, or all its containers have ended for good. May be called more than once.
         *
         * @param runsOnFor how long its containers may keep running, as far as is known; zero if they have ended
         */
        void gone(String uid, Duration runsOnFor);

        /** {@link Pods#all} has all pods: for the first time, or again after a gap of the watch. */
        void listed();
    }
}
