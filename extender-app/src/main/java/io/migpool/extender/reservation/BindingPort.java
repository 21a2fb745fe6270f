package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.cluster.PodKey;
import java.util.Map;
import java.util.Optional;

/** Access to the API server for binding. Every call ends within a few seconds and throws nothing. */
public interface BindingPort {

    /**
     * Creates one Binding with the pod's uid as precondition.
     *
     * @param annotations written to the pod in the same step
     */
    Attempt bind(PodKey pod, String node, Map<String, String> annotations);

    /** Reads the pod as it is now, not from a cache. */
    Reading read(PodKey pod);

    /** Outcome of one Binding request. */
    sealed interface Attempt {

        /** The pod is bound. */
        record Bound() implements Attempt {}

        /**
         * The pod is bound already, being deleted, or replaced by another one of its name (409).
         *
         * @param message the server's message
         */
        record Conflict(String message) implements Attempt {}

        /**
         * The server refused for good (other 4xx).
         *
         * @param message the server's message
         */
        record Refused(String message) implements Attempt {}

        /**
         * The request did not take effect: it was not sent, or was rejected unread. Worth another try.
         *
         * @param message why
         */
        record NotTaken(String message) implements Attempt {}

        /**
         * It is unknown whether the request took effect or will.
         *
         * @param message why
         */
        record Unclear(String message) implements Attempt {}
    }

    /** Outcome of reading a pod. */
    sealed interface Reading {

        /**
         * The pod.
         *
         * @param pod as it is
         */
        record Found(Pod pod) implements Reading {

            boolean isBound() {
                return !node().isEmpty();
            }

            /** Returns the node it is bound to, or empty. */
            String node() {
                String name = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
                return name == null ? "" : name;
            }

            /** Returns whether this is the same pod, not a later one of the same name. */
            boolean is(PodKey key) {
                return PodKey.of(pod.getMetadata()).uid().equals(key.uid());
            }

            Map<String, String> annotations() {
                return Optional.ofNullable(pod.getMetadata().getAnnotations()).orElse(Map.of());
            }
        }

        /** There is no such pod. */
        record Missing() implements Reading {}

        /**
         * The server could not be asked.
         *
         * @param message why
         */
        record Unclear(String message) implements Reading {}
    }
}
