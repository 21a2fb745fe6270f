package io.migpool.extender.reservation;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.cluster.PodListener;
import io.migpool.runtime.time.BackOff;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Pods that no node took and that the scheduler put aside. The scheduler retries them when it sees a change, and may ask
 * before this replica has seen the same change: the answer is "no" once more, and nothing will make it ask a third
 * time for minutes. So refused pods are remembered, with the cluster's version that the refusal is based on.
 */
public final class WaitingPods implements PodListener {

    /** Pods beyond these are left to the scheduler's own flush; the pods refused last are remembered. */
    private static final int MOST = 1024;

    /** A change that the scheduler has seen arrives here within this time, unless a watch is interrupted. */
    private static final Duration SETTLED_AFTER = Duration.ofSeconds(1);

    /** Pauses between wake-ups of a pod that do not help. */
    private static final BackOff BACK_OFF = new BackOff(SETTLED_AFTER, Duration.ofMinutes(1));

    /** The scheduler asks about each pod that it still has every five minutes; after this time it asks another replica. */
    private static final Duration OUR_CONCERN = Duration.ofMinutes(6);

    private static final long NO_VERSION = -1;

    /** Guards {@link #waiting} and {@link #latest}. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, Waiting> waiting = new LinkedHashMap<>();

    /** The nodes that were asked about last: usually all pods have the same, and share one list. */
    private List<String> latest = List.of();

    /**
     * A pod that waits.
     *
     * @param nodes the nodes that the scheduler asked about
     * @param version the cluster's version that was checked last; {@link #NO_VERSION} if the answer may change without one
     * @param looked when that was
     * @param refused when the scheduler was last given a refusal
     * @param notBefore when the pod may be checked next
     * @param pause how long it is left alone after having been woken
     */
    record Waiting(
            PodKey pod,
            List<String> nodes,
            long version,
            Instant looked,
            Instant refused,
            Instant notBefore,
            Duration pause) {

        private boolean isDue(Instant now, long present) {
            return present != version && !now.isBefore(notBefore);
        }

        private Waiting looked(long present, Instant now) {
            return new Waiting(pod, nodes, present, now, refused, notBefore, pause);
        }

        private Waiting woken(Instant now) {
            return new Waiting(pod, nodes, version, looked, refused, now.plus(pause), BACK_OFF.after(pause));
        }
    }

    /**
     * Records that no node took the pod at this version of the cluster.
     *
     * @param nodes the nodes asked about, as strings that are kept anyway: copies for all pods would take far more than the lists
     */
    void refused(PodKey pod, List<String> nodes, long version, Instant now) {
        List<String> own = List.copyOf(nodes);
        lock.lock();
        try {
            List<String> kept = own.equals(latest) ? latest : own;
            latest = kept;
            Waiting before = waiting.remove(pod.uid());
            Instant settled = now.plus(SETTLED_AFTER);
            waiting.put(
                    pod.uid(),
                    before == null
                            ? new Waiting(pod, kept, version, now, now, settled, BACK_OFF.first())
                            : new Waiting(
                                    pod, kept, version, now, now, later(settled, before.notBefore()), before.pause()));
            if (waiting.size() > MOST) {
                waiting.remove(waiting.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** Returns the number of pods remembered. */
    public int size() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** Returns a pod that was refused not longer ago than this. */
    Optional<Waiting> refusedWithin(Duration time, String uid, Instant now) {
        lock.lock();
        try {
            return Optional.ofNullable(waiting.get(uid))
                    .filter(pod -> !now.isAfter(pod.refused().plus(time)));
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a pod, which no longer waits. */
    void placed(String uid) {
        forget(uid);
    }

    /**
     * Returns pods that have not been checked since the cluster changed: the one not checked for longest comes first,
     * so that every pod has its turn even if a call does not get to the end.
     */
    List<Waiting> due(Instant now, long version) {
        lock.lock();
        try {
            waiting.values().removeIf(pod -> now.isAfter(pod.refused().plus(OUR_CONCERN)));
            List<Waiting> due = new ArrayList<>();
            waiting.values().stream().filter(pod -> pod.isDue(now, version)).forEach(due::add);
            due.sort(Comparator.comparing(Waiting::looked));
            return due;
        } finally {
            lock.unlock();
        }
    }

    /** Records that the pod still has no room at this version of the cluster. */
    void stillWithoutRoom(Waiting pod, long version, Instant now) {
        replace(pod, pod.looked(version, now));
    }

    /** Records that only holds of others are in the pod's way: they end without a change of the cluster. */
    void heldUp(Waiting pod, Instant now) {
        replace(pod, pod.looked(NO_VERSION, now));
    }

    /** Records that the scheduler has been asked to retry the pod. */
    void woken(Waiting pod, Instant now) {
        replace(pod, pod.woken(now));
    }

    private void replace(Waiting pod, Waiting by) {
        lock.lock();
        try {
            waiting.replace(pod.pod().uid(), pod, by);
        } finally {
            lock.unlock();
        }
    }

    private void forget(String uid) {
        lock.lock();
        try {
            waiting.remove(uid);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void bound(String uid) {
        forget(uid);
    }

    @Override
    public void gone(String uid) {
        forget(uid);
    }
}
