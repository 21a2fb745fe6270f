package io.migpool.extender.reservation;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.PodDemand;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Room kept for a pod between filter and the moment its binding shows in the cluster view.
 *
 * @param pod the pod
 * @param demand what it needs
 * @param plan where it would go
 * @param ranking nodes that filter returned, best first; {@code plan} is for the first of them unless bind chose another
 * @param state how far the pod is
 * @param since when the state began
 * @param unsettledSince when the last attempt to bind ended without a clear answer; null while one is under way, and in
 *     other states
 * @param asked when the API server was asked last about a pod that the cluster view does not show, or the Binding landed;
 *     null in other states than committed
 */
public record Hold(
        PodKey pod,
        PodDemand demand,
        Plan plan,
        List<String> ranking,
        State state,
        Instant since,
        @Nullable Instant unsettledSince,
        @Nullable Instant asked) {

    /** How far a pod is. */
    public enum State {
        /** Filter promised it; ends with the pod's next filter or the pod, and after a while others may take it. */
        HELD,
        /** A Binding may be at the API server; only its outcome ends this. */
        BINDING,
        /** The Binding landed, and the cluster view does not show it yet. */
        COMMITTED
    }

    public Hold {
        ranking = List.copyOf(ranking);
    }

    /** A promise. */
    static Hold held(PodKey pod, PodDemand demand, Plan plan, List<String> ranking, Instant now) {
        return new Hold(pod, demand, plan, ranking, State.HELD, now, null, null);
    }

    Hold binding(Plan chosen, Instant now) {
        return new Hold(pod, demand, chosen, ranking, State.BINDING, now, null, null);
    }

    Hold unsettled(Instant now) {
        return new Hold(pod, demand, plan, ranking, State.BINDING, since, now, null);
    }

    Hold committed(Instant now) {
        return new Hold(pod, demand, plan, ranking, State.COMMITTED, now, null, now);
    }

    Hold askedAbout(Instant now) {
        return new Hold(pod, demand, plan, ranking, state, since, unsettledSince, now);
    }

    /** Whether others may take the room. */
    boolean lapsed(Instant now, Duration holdTime) {
        return state == State.HELD && !now.isBefore(since.plus(holdTime));
    }
}
