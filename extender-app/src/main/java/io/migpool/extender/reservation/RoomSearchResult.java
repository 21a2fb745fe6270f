package io.migpool.extender.reservation;

import io.migpool.extender.placement.Ranking;

/** The result of looking for room for a pod that holds none. */
sealed interface RoomSearchResult {

    /**
     * Nodes take the pod.
     *
     * @param ranking the nodes; good until the next decision
     * @param overLapsed whether promises that have lapsed lie there, which the pod may overrun
     */
    record Free(Ranking ranking, boolean overLapsed) implements RoomSearchResult {}

    /**
     * Only holds of pods that are being scheduled are in the way. They end without a change of the cluster.
     *
     * @param why what they hold
     */
    record Held(String why) implements RoomSearchResult {

        /** The namespace's quota is held. */
        static final Held QUOTA = new Held("the namespace's quota is held by pods that are being scheduled");

        /** GPUs are held. */
        static final Held GPUS = new Held("room for the pod is held by pods that are being scheduled");
    }

    /** No node takes the pod before the cluster changes. */
    record None() implements RoomSearchResult {}
}
