package io.migpool.extender.reservation;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.pool.PodDemand;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Room kept for a pod between filter and the moment its binding shows in the cluster view.
 *
 * @param demand what it needs
 * @param plan where it would go
 * @param ranking nodes that filter returned, best first; {@code plan} is for the first of them unless bind chose another
 * @param progress the stage of the pod's scheduling
 * @param since when its state began; a promise is as old as the first of those that followed one another without a gap
 */
public record Hold(PodKey pod, PodDemand demand, Plan plan, List<String> ranking, Progress progress, Instant since) {

    /** The stage of a pod's scheduling. */
    public enum State {
        /** Filter promised the room; ends with the pod's next filter or the pod, and after a while others may take the room. */
        HELD,
        /** A Binding may have reached the API server; only its outcome ends this state. */
        BINDING,
        /** The Binding landed, and the cluster view does not show it yet. */
        COMMITTED
    }

    /** A state with the data that belongs to it. */
    public sealed interface Progress {

        /** Filter promised the room. */
        record Held() implements Progress {}

        /**
         * A Binding may have reached the API server.
         *
         * @param unsettledSince when the last attempt ended without a clear answer; empty while one is in progress
         */
        record Binding(Optional<Instant> unsettledSince) implements Progress {}

        /**
         * The Binding landed.
         *
         * @param asked when it landed, or when the API server was last asked about the pod, if the cluster view does not show it
         */
        record Committed(Instant asked) implements Progress {}
    }

    public Hold {
        ranking = List.copyOf(ranking);
    }

    static Hold held(PodKey pod, PodDemand demand, Plan plan, List<String> ranking, Instant since) {
        return new Hold(pod, demand, plan, ranking, new Progress.Held(), since);
    }

    Hold binding(Plan chosen, Instant now) {
        return new Hold(pod, demand, chosen, ranking, new Progress.Binding(Optional.empty()), now);
    }

    Hold unsettled(Instant now) {
        return new Hold(pod, demand, plan, ranking, new Progress.Binding(Optional.of(now)), since);
    }

    Hold committed(Instant now) {
        return new Hold(pod, demand, plan, ranking, new Progress.Committed(now), now);
    }

    /** Returns this hold of a committed pod, marked as asked about at the API server now. */
    Hold askedAbout(Instant now) {
        return new Hold(pod, demand, plan, ranking, new Progress.Committed(now), since);
    }

    /** Returns the stage of the pod's scheduling. */
    public State state() {
        return switch (progress) {
            case Progress.Held() -> State.HELD;
            case Progress.Binding binding -> State.BINDING;
            case Progress.Committed committed -> State.COMMITTED;
        };
    }

    /** Returns whether others may take the room. */
    boolean lapsed(Instant now, Duration holdTime) {
        return state() == State.HELD && !now.isBefore(since.plus(holdTime));
    }
}
