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
import java.util.Optional;
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
        Round round = new Round(context.clock().instant(), context.book().version());
        waiting.due(round.began, round.version).forEach(round::check);
    }

    /** What one call knows by now, and has done. */
    private final class Round {

        private final Instant began;
        private final long version;
        private final Map<SearchKey, RoomSearchResult> results = new HashMap<>();
        private int woken;

        Round(Instant began, long version) {
            this.began = began;
            this.version = version;
        }

        /** Leaves the pod as it is if it ended while it was being refused, has not been seen yet, or time is up. */
        void check(WaitingPods.Waiting pod) {
            demandOf(pod.pod()).flatMap(demand -> room(pod, demand)).ifPresent(room -> act(pod, room));
        }

        private Optional<PodDemand> demandOf(PodKey pod) {
            return context.cluster().pod(pod.uid()).map(PodEntry::demand);
        }

        private Optional<RoomSearchResult> room(WaitingPods.Waiting pod, PodDemand demand) {
            SearchKey key = new SearchKey(demand.shape(), pod.pod().namespace(), pod.nodes());
            RoomSearchResult room = results.get(key);
            if (room == null && !context.clock().instant().isAfter(began.plus(LONGEST_ROUND))) {
                room = rooms.of(pod.pod(), demand, pod.nodes());
                results.put(key, room);
            }
            return Optional.ofNullable(room);
        }

        private void act(WaitingPods.Waiting pod, RoomSearchResult room) {
            switch (room) {
                case RoomSearchResult.None() -> waiting.stillWithoutRoom(pod, version, began);
                case RoomSearchResult.Held held -> waiting.heldUp(pod, began);
                case RoomSearchResult.Free free -> {
                    if (woken < MOST) {
                        woken++;
                        port.wake(pod.pod(), began);
                        waiting.woken(pod, began);
                    }
                }
            }
        }
    }
}
