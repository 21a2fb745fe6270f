package io.migpool.extender.reservation;

import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.pool.PodDemand;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes the scheduler retry pods that were refused and would fit by now, if it has not done so by itself. To be called
 * about once a second; a call costs next to nothing while nothing changes, and little while many pods wait: pods that want
 * the same of the same nodes are checked once, and what takes too long continues in the next call, because each check keeps
 * the scheduler's own requests waiting.
 */
public final class WakeUps {

    /** The most wake-ups in one call: each is a request to the API server. */
    private static final int MOST = 10;

    /** Time for the checks of one call; the last one may exceed it. */
    private static final Duration LONGEST_ROUND = Duration.ofMillis(50);

    private final WaitingPods waiting;
    private final Rooms rooms;
    private final SchedulingContext context;
    private final WakeUpPort port;

    public WakeUps(SchedulingContext context, WaitingPods waiting, Filter filter, WakeUpPort port) {
        this(context, waiting, filter::room, port);
    }

    WakeUps(SchedulingContext context, WaitingPods waiting, Rooms rooms, WakeUpPort port) {
        this.context = context;
        this.waiting = waiting;
        this.rooms = rooms;
        this.port = port;
    }

    /** Looks for room for a pod. */
    interface Rooms {
        RoomSearchResult of(PodKey pod, PodDemand demand, List<String> nodes);
    }

    /** Everything that decides whether there is room for a pod that holds none. */
    private record SearchKey(PodDemand.Shape shape, String namespace, List<String> nodes) {

        /** Omits the nodes: there may be thousands, and usually all pods have the same ones. */
        @Override
        public int hashCode() {
            return Objects.hash(shape, namespace);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof SearchKey(var otherShape, var otherNamespace, var otherNodes)
                    && shape.equals(otherShape)
                    && namespace.equals(otherNamespace)
                    && nodes.equals(otherNodes);
        }
    }

    /** Checks the waiting pods, and wakes those for which there is room. */
    public void round() {
        Instant now = context.clock().instant();
        Instant end = now.plus(LONGEST_ROUND);
        long version = context.book().version();
        Map<SearchKey, RoomSearchResult> results = new HashMap<>();
        int woken = 0;
        for (WaitingPods.Waiting pod : waiting.due(now, version)) {
            PodDemand demand = demandOf(pod.pod());
            if (demand == null) {
                continue;
            }
            SearchKey key = new SearchKey(demand.shape(), pod.pod().namespace(), pod.nodes());
            RoomSearchResult room = results.get(key);
            if (room == null) {
                if (context.clock().instant().isAfter(end)) {
                    continue;
                }
                room = rooms.of(pod.pod(), demand, pod.nodes());
                results.put(key, room);
            }
            switch (room) {
                case RoomSearchResult.None() -> waiting.stillWithoutRoom(pod, version, now);
                case RoomSearchResult.Held held -> waiting.heldUp(pod, now);
                case RoomSearchResult.Free free -> {
                    if (woken < MOST) {
                        woken++;
                        port.wake(pod.pod(), now);
                        waiting.woken(pod, now);
                    }
                }
            }
        }
    }

    /** Returns what the pod asks for now; null if it ended while it was being refused, or has not been seen yet. */
    private @Nullable PodDemand demandOf(PodKey pod) {
        PodEntry entry = context.cluster().pod(pod.uid()).orElse(null);
        return entry == null ? null : entry.demand();
    }
}
